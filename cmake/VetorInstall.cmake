# cmake --install, and find_package(vetor) for those who use it:
#
#   find_package(vetor REQUIRED)
#   target_link_libraries(app PRIVATE vetor::vetor)  # to embed, tokenize, search
#   target_link_libraries(app PRIVATE vetor::exporter vetor::benchmark)  # export_model.h, benchmark.h
#   target_link_libraries(app PRIVATE vetor::server)  # server.h
#
# The libraries that vetor is built on stay private: a consumer sees std types only, and its linker
# gets them through find_dependency in vetorConfig.cmake. ONNX Runtime is not among them; it is
# loaded at run time.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/vetor")

install(TARGETS vetor vetor_exporter vetor_benchmark vetor_server EXPORT vetorTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(TARGET vetor_command)
  install(TARGETS vetor_command RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/vetor" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.h")
install(EXPORT vetorTargets NAMESPACE vetor:: DESTINATION "${package_dir}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/vetorConfig.cmake.in"
  "${CMAKE_CURRENT_BINARY_DIR}/vetorConfig.cmake" INSTALL_DESTINATION "${package_dir}")
# Before 1.0 a minor version may change the API; from 1.0 on this becomes SameMajorVersion.
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/vetorConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/vetorConfig.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/vetorConfigVersion.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/FindxxHash.cmake" "${CMAKE_CURRENT_LIST_DIR}/FindZstd.cmake"
  DESTINATION "${package_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
