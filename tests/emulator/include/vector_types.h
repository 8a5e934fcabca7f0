#pragma once

// The vector types of CUDA with the alignment that the device demands of them.

struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}  // NOLINT: a number is a dim3
};

#define FOOTFALL_VECTOR(T, name, bytes)                                         \
  struct alignas(bytes / 2) name##2 {                                           \
    T x, y;                                                                     \
  };                                                                            \
  struct alignas(bytes) name##4 {                                               \
    T x, y, z, w;                                                               \
  };                                                                            \
  struct name##3 {                                                              \
    T x, y, z;                                                                  \
  };                                                                            \
  inline name##2 make_##name##2(T x, T y) { return {x, y}; }                    \
  inline name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; }            \
  inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }

FOOTFALL_VECTOR(float, float, 16)
FOOTFALL_VECTOR(int, int, 16)
FOOTFALL_VECTOR(signed char, char, 4)
FOOTFALL_VECTOR(unsigned char, uchar, 4)
FOOTFALL_VECTOR(short, short, 8)
FOOTFALL_VECTOR(unsigned short, ushort, 8)
#undef FOOTFALL_VECTOR

struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) double2 {
  double x, y;
};
struct alignas(16) longlong2 {
  long long x, y;
};
struct alignas(16) ulonglong2 {
  unsigned long long x, y;
};
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
inline double2 make_double2(double x, double y) { return {x, y}; }
