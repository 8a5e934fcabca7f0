#pragma once

// The vector types of CUDA with the alignment that the device demands of them.

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}  // NOLINT: a number is a dim3
};

/// align2 and align4: what the device demands of the types of two and of four (vector_types.h of CUDA 13.0).
#define FOOTFALL_VECTOR(T, name, align2, align4)                                \
  struct name##1 {                                                              \
    T x;                                                                        \
  };                                                                            \
  struct alignas(align2) name##2 {                                              \
    T x, y;                                                                     \
  };                                                                            \
  struct name##3 {                                                              \
    T x, y, z;                                                                  \
  };                                                                            \
  struct alignas(align4) name##4 {                                              \
    T x, y, z, w;                                                               \
  };                                                                            \
  inline name##2 make_##name##2(T x, T y) { return {x, y}; }                    \
  inline name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; }            \
  inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }

/// CUDA 13 adds types of four with the alignment in their name.
#define FOOTFALL_WIDE_VECTOR(T, name)                                           \
  FOOTFALL_VECTOR(T, name, 16, 16)                                              \
  struct alignas(16) name##4_16a {                                              \
    T x, y, z, w;                                                               \
  };                                                                            \
  struct alignas(32) name##4_32a {                                              \
    T x, y, z, w;                                                               \
  };

FOOTFALL_VECTOR(float, float, 8, 16)
FOOTFALL_VECTOR(int, int, 8, 16)
FOOTFALL_VECTOR(unsigned, uint, 8, 16)
FOOTFALL_VECTOR(signed char, char, 2, 4)
FOOTFALL_VECTOR(unsigned char, uchar, 2, 4)
FOOTFALL_VECTOR(short, short, 4, 8)
FOOTFALL_VECTOR(unsigned short, ushort, 4, 8)
FOOTFALL_WIDE_VECTOR(double, double)
FOOTFALL_WIDE_VECTOR(long, long)
FOOTFALL_WIDE_VECTOR(unsigned long, ulong)
FOOTFALL_WIDE_VECTOR(long long, longlong)
FOOTFALL_WIDE_VECTOR(unsigned long long, ulonglong)
#undef FOOTFALL_WIDE_VECTOR
#undef FOOTFALL_VECTOR
