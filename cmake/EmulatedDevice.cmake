# The CUDA sources a second time, by the host's compiler, against the stand-in headers of tests/emulator/include.
# Included from tests/, because a source's language is told to CMake for a whole folder: in kernels/ a .cu file is CUDA.

set(emulator "${PROJECT_SOURCE_DIR}/tests/emulator")
file(GLOB_RECURSE emulator_sources CONFIGURE_DEPENDS "${emulator}/src/*.cpp")

add_library(footfall_emulated_options INTERFACE)
target_include_directories(footfall_emulated_options INTERFACE "${emulator}/include")
target_include_directories(footfall_emulated_options SYSTEM INTERFACE "${FOOTFALL_CCCL}")
target_compile_definitions(footfall_emulated_options INTERFACE FOOTFALL_EMULATED=1
  CCCL_DISABLE_FP16_SUPPORT   # else Thrust takes a toolkit's cuda_fp16.h where the compiler finds one
  THRUST_HOST_SYSTEM=THRUST_HOST_SYSTEM_CPP THRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP)
target_compile_options(footfall_emulated_options INTERFACE -Wno-unknown-pragmas)   # #pragma unroll
target_link_libraries(footfall_emulated_options INTERFACE footfall_boost_context)

footfall_add_library(footfall_emulator STATIC ${emulator_sources})
target_link_libraries(footfall_emulator PUBLIC footfall_emulated_options)
if("thread" IN_LIST FOOTFALL_SANITIZE)
  # Kernels are checked, the scheduler of their threads is not: it tells ThreadSanitizer what is ordered (src/thread_checking.hpp).
  target_compile_options(footfall_emulator PRIVATE -fno-sanitize=thread)
  target_compile_definitions(footfall_emulator PRIVATE FOOTFALL_THREAD_CHECKED=1)
endif()

get_property(cuda_sources GLOBAL PROPERTY FOOTFALL_CUDA_SOURCES)
set(kernel_sources ${cuda_sources})
list(FILTER kernel_sources INCLUDE REGEX "\\.cu$")
set_source_files_properties(${kernel_sources} PROPERTIES LANGUAGE CXX)   # and CMake says -x c++
# Compiled once for the library and for the emulator's tests, which call into it without loading anything.
footfall_add_library(footfall_cuda_emulated_objects OBJECT ${cuda_sources})
target_link_libraries(footfall_cuda_emulated_objects PUBLIC footfall_emulator footfall_device)
if("undefined" IN_LIST FOOTFALL_SANITIZE)
  # Thrust's CPP system binds a reference to a null execution policy, which it never reads. A null that is read still stops the test.
  target_compile_options(footfall_cuda_emulated_objects PRIVATE -fno-sanitize=null)
endif()
add_library(footfall_cuda_emulated SHARED)
target_link_libraries(footfall_cuda_emulated PRIVATE footfall_cuda_emulated_objects)
if(TARGET footfall-emulated)
  add_dependencies(footfall-emulated footfall_cuda_emulated)
endif()

file(GLOB emulator_tests CONFIGURE_DEPENDS "${emulator}/*_test.cpp")

# Planted faults: tests/emulator/faults/run.py applies a patch to a copy, rebuilds what changed and demands that a named test fails.
file(GLOB fault_patches CONFIGURE_DEPENDS "${emulator}/faults/*.patch")
if(fault_patches)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  foreach(patch IN LISTS fault_patches)
    get_filename_component(name "${patch}" NAME_WE)
    add_test(NAME "fault/${name}" COMMAND "${Python3_EXECUTABLE}" "${emulator}/faults/run.py" --build "${PROJECT_BINARY_DIR}" "${name}")
    set_tests_properties("fault/${name}" PROPERTIES LABELS fault TIMEOUT 600)
  endforeach()
endif()
