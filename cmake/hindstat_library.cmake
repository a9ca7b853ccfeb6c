# SPDX-License-Identifier: MIT
# What every target of this project is compiled with, and the one function that makes a room a library.

add_library(hindstat_warnings INTERFACE)
target_compile_options(hindstat_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion)
# g++ 12 sees overlapping copies where a string is put before another (GCC bug 105651); no other warning is off.
target_compile_options(hindstat_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(HINDSTAT_WERROR)
  target_compile_options(hindstat_warnings INTERFACE -Werror)
endif()

# What instruments our code: sanitizers, libFuzzer's counters of edges, coverage.
add_library(hindstat_sanitize INTERFACE)
if(HINDSTAT_FUZZ)
  # The fuzzers' own main comes with -fsanitize=fuzzer, which tests/fuzz links to them alone.
  target_compile_options(hindstat_sanitize INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(hindstat_sanitize INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(HINDSTAT_COVERAGE)
  # Atomic, because the owner scan's threads count at once.
  target_compile_options(hindstat_sanitize INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(hindstat_sanitize INTERFACE --coverage)
endif()
if(HINDSTAT_SANITIZE)
  target_compile_options(hindstat_sanitize INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                                                     -fno-omit-frame-pointer)
  target_link_options(hindstat_sanitize INTERFACE -fsanitize=address,undefined)
endif()

# hindstat_library(store SOURCES store.cpp ... USES tables SQLiteCpp): library hindstat_store. What it USES is all
# that it may include; rooms are named without their prefix.
function(hindstat_library room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES")
  add_library(hindstat_${room} STATIC ${arg_SOURCES})
  target_include_directories(hindstat_${room} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
  target_link_libraries(hindstat_${room} PRIVATE hindstat_warnings hindstat_sanitize)
  foreach(use IN LISTS arg_USES)
    if(TARGET hindstat_${use})
      target_link_libraries(hindstat_${room} PUBLIC hindstat_${use})
    else()
      target_link_libraries(hindstat_${room} PUBLIC ${use})
    endif()
  endforeach()
endfunction()

# hindstat_tool(hindstat-record main.cpp USES recorder store cli): one of the programs.
function(hindstat_tool name main)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "USES")
  add_executable(${name} ${main})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  target_link_libraries(${name} PRIVATE hindstat_warnings hindstat_sanitize PkgConfig::CLI11)
  foreach(use IN LISTS arg_USES)
    target_link_libraries(${name} PRIVATE hindstat_${use})
  endforeach()
endfunction()
