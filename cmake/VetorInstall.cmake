# cmake --install, and find_package(vetor) for those who use it.
