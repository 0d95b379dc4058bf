# Structs of some hundred bytes are copied all the time; gcc has the processor do it by `rep movs`,
# which takes longer to begin than memcpy takes for all.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-mmemcpy-strategy=libcall:-1:noalign STAMPEDE_HAS_MEMCPY_STRATEGY)
if(STAMPEDE_HAS_MEMCPY_STRATEGY)
  set(stampede_copy_options -mmemcpy-strategy=libcall:-1:noalign)
endif()

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
  target_compile_options(${name} PRIVATE -ffp-contract=off ${stampede_copy_options})
endfunction()

# Makes files part of a library: each name is a string_view that HEADER declares.
#
#   stampede_embed(stampede_reports HEADER reports/web_assets.hpp ASSETS report_css=path ...)
function(stampede_embed name)
  cmake_parse_arguments(ARG "" "HEADER" "ASSETS" ${ARGN})
  set(files ${ARG_ASSETS})
  list(TRANSFORM files REPLACE "^[a-z_]+=" "")
  string(REPLACE ";" "|" assets "${ARG_ASSETS}")
  set(output ${CMAKE_CURRENT_BINARY_DIR}/web_assets.cpp)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DHEADER=${ARG_HEADER} "-DASSETS=${assets}"
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    COMMENT "Embedding the pages of ${name}" VERBATIM)
  set_source_files_properties(${output} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  target_sources(${name} PRIVATE ${output})
endfunction()

# Boost.Asio and Boost.Beast as they are used everywhere here: header-only, no deprecated
# names, one ODR-equal set of macros.
add_library(stampede_asio INTERFACE)
target_link_libraries(stampede_asio INTERFACE Boost::headers OpenSSL::SSL OpenSSL::Crypto
                                              Threads::Threads)
target_compile_definitions(stampede_asio INTERFACE BOOST_ASIO_NO_DEPRECATED
                                                   BOOST_ASIO_DISABLE_BOOST_COROUTINE)
