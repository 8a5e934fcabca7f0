#pragma once

/// Marks arithmetic that runs on the host and on the device, so that both give the same bits. Files that use it call nothing but <cmath>
/// functions and each other, and write an fma only where one is meant (the builds contract none).
#if defined(__CUDACC__) || defined(FOOTFALL_EMULATED)
#include <cuda_runtime.h>
#define FOOTFALL_HD __host__ __device__
#else
#define FOOTFALL_HD
#endif
