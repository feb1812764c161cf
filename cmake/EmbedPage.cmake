# Writes the files of the page as entries of a C++ array of PageFile (src/server/page.h):
#
#   cmake -DFOLDER=$PWD/web -DOUTPUT=page_files.inc -P EmbedPage.cmake
#
# Bytes are written as escapes, so that any file compiles to itself.
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")

file(GLOB files RELATIVE "${FOLDER}" "${FOLDER}/*.html" "${FOLDER}/*.css" "${FOLDER}/*.js" "${FOLDER}/*.svg")
list(SORT files)
set(entries "")
foreach(file IN LISTS files)
  string(REGEX REPLACE ".*\\." "" ending "${file}")
  set(path "/page/${file}")
  if(file STREQUAL "index.html")
    set(path "/")
  endif()
  file(READ "${FOLDER}/${file}" bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" literal "${bytes}")
  string(APPEND entries "{\"${path}\", \"${type_${ending}}\", {\"${literal}\", ${size}}},\n")
endforeach()
file(WRITE "${OUTPUT}" "${entries}")
