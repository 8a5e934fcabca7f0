# libfootfall_cuda.so and the table of what ptxas says of each kernel.
footfall_add_library(footfall_cuda SHARED ${cuda_sources} ${cuda_library_sources})
target_link_libraries(footfall_cuda PRIVATE footfall_cuda_toolkit footfall_device)

# Warnings are errors, spills too. --fmad=false: an fma only where it is written, as in the host's code.
string(REPLACE ";" "," host_flags "${FOOTFALL_HOST_FLAGS}")
set(flags -Xcompiler=${host_flags} -Werror=all-warnings,default-stream-launch -Xptxas=-v,-warn-spills,-Werror -lineinfo --fmad=false --expt-relaxed-constexpr)
target_compile_options(footfall_cuda PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:${flags}>")
