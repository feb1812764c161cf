// The files of the page that a browser gets at `GET /`, embedded in the library.
#pragma once

#include <span>
#include <string_view>

namespace vetor {

struct PageFile {
  std::string_view path;          ///< "/" for the page itself, "/page/app.js" for what it loads.
  std::string_view content_type;  ///< "text/html; charset=utf-8"
  std::string_view bytes;
};

/// All files; empty in a build without the page. They live as long as the process.
std::span<const PageFile> PageFiles();

}  // namespace vetor
