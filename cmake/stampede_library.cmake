# One static library a folder. Sources are globbed (CONFIGURE_DEPENDS), so adding a fault or
# a policy is adding its file.
#
#   stampede_library(stampede_core LINK ...)                     this folder's *.cpp
#   stampede_library(stampede_mockserver FOLDERS . faults LINK ...)
function(stampede_library name)
  cmake_parse_arguments(ARG "" "" "FOLDERS;LINK;PRIVATE_LINK" ${ARGN})
  if(NOT ARG_FOLDERS)
    set(ARG_FOLDERS .)
  endif()
  set(patterns "")
  foreach(folder IN LISTS ARG_FOLDERS)
    list(APPEND patterns "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp")
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
  target_compile_options(${name} PRIVATE -ffp-contract=off)
endfunction()

# Boost.Asio and Boost.Beast as they are used everywhere here: header-only, no deprecated
# names, one ODR-equal set of macros.
add_library(stampede_asio INTERFACE)
target_link_libraries(stampede_asio INTERFACE Boost::headers OpenSSL::SSL OpenSSL::Crypto
                                              Threads::Threads)
target_compile_definitions(stampede_asio INTERFACE BOOST_ASIO_NO_DEPRECATED
                                                   BOOST_ASIO_DISABLE_BOOST_COROUTINE)
