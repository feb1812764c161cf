# Flags that every target of this project shares.
add_library(vetor_flags INTERFACE)
target_compile_options(vetor_flags INTERFACE
  -Wall -Wextra -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Wno-sign-conversion
  -Wno-missing-field-initializers  # Designated initialisers leave the rest to their defaults.
  # GCC 12 sees overlaps, places outside and unset bytes in std::string's operator + once it is inlined
  # (GCC bug 105651 and its kin). The sanitizers of `make check` look for the real ones.
  "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-maybe-uninitialized>"
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  # Clang would compare with names of the other files that are compiled together with one.
  $<$<NOT:$<AND:$<CXX_COMPILER_ID:Clang>,$<BOOL:${VETOR_UNITY}>>>:-Wshadow>
  $<$<BOOL:${VETOR_WERROR}>:-Werror>)
if(VETOR_SANITIZE)
  string(REPLACE ";" "," sanitizers "${VETOR_SANITIZE}")
  target_compile_options(vetor_flags INTERFACE -fsanitize=${sanitizers} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(vetor_flags INTERFACE -fsanitize=${sanitizers})
endif()

# vetor_precompile(target <more.h>): compiles the headers that most files read once for the target.
# They are half of what a file costs to compile. A file still includes what it uses: clang-tidy
# (`make lint`) reads every file without them.
function(vetor_precompile target)
  if(VETOR_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE <algorithm> <array> <chrono> <cmath> <filesystem>
      <functional> <map> <memory> <mutex> <optional> <span> <string> <string_view> <system_error>
      <thread> <unordered_map> <utility> <vector> <boost/json.hpp> <fmt/format.h> ${ARGN})
    # Without it ccache passes every file on to the compiler.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  endif()
endfunction()

# vetor_take_precompiled(target from): those of another target with the same flags.
function(vetor_take_precompiled target from)
  if(VETOR_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${from})
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  endif()
endfunction()

# vetor_compile_together(target): eight files as one, which compile in half the time, as a template that all use is
# made once. What a file keeps to itself must have a name that its neighbours do not have; clang-tidy reads each
# file alone. Files with options of their own, as instruction sets have them, stay alone.
function(vetor_compile_together target)
  if(VETOR_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()

# The library, and the rooms that it is made of.
function(vetor_configure_room target)
  vetor_compile_together(${target})
  target_compile_features(${target} PUBLIC cxx_std_20)  # The public headers use std::span.
  target_include_directories(${target}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>
    PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_include_directories(${target} SYSTEM PRIVATE ${Boost_INCLUDE_DIRS})
  target_link_libraries(${target} PRIVATE
    $<BUILD_INTERFACE:vetor_flags> Threads::Threads fmt::fmt spdlog::spdlog OpenSSL::Crypto
    SQLite::SQLite3 CURL::libcurl xxHash::xxhash ${CMAKE_DL_LIBS})
  target_compile_definitions(${target} PRIVATE VETOR_VERSION="${PROJECT_VERSION}")
  if(VETOR_FUZZ)  # A fuzzer is led by what it reaches, so each room says what was reached.
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# Code that may look inside the library: the command, tests and benchmarks.
function(vetor_configure_client target)
  vetor_compile_together(${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  target_include_directories(${target} SYSTEM PRIVATE ${Boost_INCLUDE_DIRS})
  target_link_libraries(${target} PRIVATE
    vetor_exporter vetor_benchmark vetor_server vetor vetor_flags fmt::fmt Threads::Threads)
  target_compile_definitions(${target} PRIVATE VETOR_VERSION="${PROJECT_VERSION}")
  if(VETOR_SANITIZE)  # What is looked at is the library; these compile in half the time.
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()
