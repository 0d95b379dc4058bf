# find_package(stampede) then link stampede::mock_server.
include(CMakeFindDependencyMacro)
find_dependency(OpenSSL)
find_dependency(Threads)
find_dependency(fmt)
find_dependency(simdjson)
include(${CMAKE_CURRENT_LIST_DIR}/stampede-targets.cmake)
