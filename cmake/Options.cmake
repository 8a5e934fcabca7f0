# What every target is compiled with, and where the outputs go.

set(FOOTFALL_CUDA AUTO CACHE STRING "Build libfootfall_cuda.so: AUTO (where nvcc, cuBLAS and cuDNN are found), ON, OFF")
set_property(CACHE FOOTFALL_CUDA PROPERTY STRINGS AUTO ON OFF)
set(FOOTFALL_SANITIZE "" CACHE STRING "Sanitizers of the whole build: address;undefined, or thread; empty for none")
option(FOOTFALL_TESTS "Build the tests and the emulated device" ON)
option(FOOTFALL_BENCH "Make the target footfall_bench" ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# The command and the libraries that it loads lie together in the build folder, and find each other from there.
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
set(FOOTFALL_TEST_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/test")
set(CMAKE_BUILD_RPATH "$ORIGIN;$ORIGIN/..")

find_program(FOOTFALL_CCACHE ccache)
if(FOOTFALL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${FOOTFALL_CCACHE}")
endif()
find_program(FOOTFALL_MOLD mold)
if(FOOTFALL_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)

# Sums must give the same bits everywhere: no fast-math, and an fma only where the source says so.
add_library(footfall_options INTERFACE)
target_include_directories(footfall_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(footfall_options INTERFACE "FOOTFALL_VERSION=\"${PROJECT_VERSION}\"")
set(FOOTFALL_HOST_FLAGS -Wall -Wextra -Werror -ffp-contract=off -fno-fast-math)
target_compile_options(footfall_options INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${FOOTFALL_HOST_FLAGS}>")
target_link_libraries(footfall_options INTERFACE Threads::Threads ${CMAKE_DL_LIBS})

set(FOOTFALL_SANITIZE_TEXT none)
if(FOOTFALL_SANITIZE)
  string(REPLACE ";" "," FOOTFALL_SANITIZE_TEXT "${FOOTFALL_SANITIZE}")
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${FOOTFALL_SANITIZE_TEXT};-fno-omit-frame-pointer;-g1>")
  if("undefined" IN_LIST FOOTFALL_SANITIZE)
    add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize-recover=undefined>")
  endif()
  # GCC's flow warnings see ghosts in sanitized code; the plain build has them as errors.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized;-Wno-stringop-overflow>")
  add_link_options("-fsanitize=${FOOTFALL_SANITIZE_TEXT}")
endif()

# A layer may have no source yet, or none in this configuration; its target exists all the same.
file(WRITE "${PROJECT_BINARY_DIR}/generated/empty.cpp.in" "// A target without sources of its own.\n")
configure_file("${PROJECT_BINARY_DIR}/generated/empty.cpp.in" "${PROJECT_BINARY_DIR}/generated/empty.cpp" COPYONLY)
function(footfall_add_library name kind)
  set(sources ${ARGN})
  if(NOT sources)
    set(sources "${PROJECT_BINARY_DIR}/generated/empty.cpp")
  endif()
  add_library(${name} ${kind} ${sources})
  target_link_libraries(${name} PUBLIC footfall_options)
endfunction()
