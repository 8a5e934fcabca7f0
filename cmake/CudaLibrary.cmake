# libfootfall_cuda.so and the table of what ptxas says of each kernel.
footfall_add_library(footfall_cuda SHARED ${cuda_sources} ${cuda_library_sources})
target_link_libraries(footfall_cuda PRIVATE footfall_cuda_toolkit footfall_device)

# Warnings are errors; spills are too, by scripts/ptxas_log.py, which forgives CUB its own. --fmad=false: an fma only where it is written, as in the host's code.
string(REPLACE ";" "," host_flags "${FOOTFALL_HOST_FLAGS}")
set(flags -Xcompiler=${host_flags} -Werror=default-stream-launch,reorder,cross-execution-space-call,ext-lambda-captures-this -Xcudafe=--promote_warnings
  -Xptxas=-v,-warn-spills -lineinfo --fmad=false --expt-relaxed-constexpr)
target_compile_options(footfall_cuda PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:${flags}>")

# What ptxas says of each file is kept beside the object; the table of all kernels is made whenever the library was built anew.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  set(launcher "${Python3_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/scripts/ptxas_log.py")
  if(CMAKE_CXX_COMPILER_LAUNCHER)
    list(APPEND launcher ${CMAKE_CXX_COMPILER_LAUNCHER})
  endif()
  set_target_properties(footfall_cuda PROPERTIES CUDA_COMPILER_LAUNCHER "${launcher}")
  add_custom_command(OUTPUT "${PROJECT_BINARY_DIR}/ptxas.txt"
    COMMAND "${Python3_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/scripts/ptxas_report.py" "${CMAKE_CURRENT_BINARY_DIR}" --out "${PROJECT_BINARY_DIR}/ptxas.txt"
    DEPENDS footfall_cuda "${PROJECT_SOURCE_DIR}/scripts/ptxas_report.py"
    COMMENT "Writing ptxas.txt: registers, shared memory and occupancy of each kernel")
  add_custom_target(ptxas_report ALL DEPENDS "${PROJECT_BINARY_DIR}/ptxas.txt")
endif()
