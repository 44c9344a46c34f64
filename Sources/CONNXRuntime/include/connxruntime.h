#ifndef CONNXRUNTIME_H
#define CONNXRUNTIME_H

#include <stddef.h>
#include <stdint.h>

// ONNX Runtime's C API, by slot. The library exports one function, which hands out a table of function pointers
// that only grows: its sources forbid to touch a released block and assert the slot of each version's last entry.
// So the numbers below hold for every version from 1.15 on (checked on 1.20 to 1.32), and no header of the library
// is needed. Only opaque pointers and plain integers cross; a wrong slot crashes, which ONNXTests would notice.

#ifdef __clang__
#pragma clang diagnostic ignored "-Wnullability-completeness"
#endif

typedef struct OrtStatus OrtStatus;
typedef struct OrtEnv OrtEnv;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtValue OrtValue;
typedef struct OrtAllocator OrtAllocator;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtTensorInfo OrtTensorInfo;
typedef struct OrtPrepackedWeights OrtPrepackedWeights;

// X(slot, result, name, parameters...)
#define CONNXRUNTIME_FUNCTIONS(X)                                                                                            \
    X(1, int32_t, GetErrorCode, const OrtStatus *)                                                                           \
    X(2, const char *, GetErrorMessage, const OrtStatus *)                                                                   \
    X(3, OrtStatus *, CreateEnv, int32_t, const char *, OrtEnv **)                                                           \
    X(7, OrtStatus *, CreateSession, const OrtEnv *, const char *, const OrtSessionOptions *, OrtSession **)                 \
    X(9, OrtStatus *, Run, OrtSession *, const OrtRunOptions *, const char *const *, const OrtValue *const *, size_t,        \
      const char *const *, size_t, OrtValue **)                                                                              \
    X(10, OrtStatus *, CreateSessionOptions, OrtSessionOptions **)                                                           \
    X(11, OrtStatus *, SetOptimizedModelFilePath, OrtSessionOptions *, const char *)                                         \
    X(23, OrtStatus *, SetSessionGraphOptimizationLevel, OrtSessionOptions *, int32_t)                                       \
    X(24, OrtStatus *, SetIntraOpNumThreads, OrtSessionOptions *, int32_t)                                                   \
    X(25, OrtStatus *, SetInterOpNumThreads, OrtSessionOptions *, int32_t)                                                   \
    X(30, OrtStatus *, SessionGetInputCount, const OrtSession *, size_t *)                                                   \
    X(31, OrtStatus *, SessionGetOutputCount, const OrtSession *, size_t *)                                                  \
    X(33, OrtStatus *, SessionGetInputTypeInfo, const OrtSession *, size_t, OrtTypeInfo **)                                  \
    X(34, OrtStatus *, SessionGetOutputTypeInfo, const OrtSession *, size_t, OrtTypeInfo **)                                 \
    X(36, OrtStatus *, SessionGetInputName, const OrtSession *, size_t, OrtAllocator *, char **)                             \
    X(37, OrtStatus *, SessionGetOutputName, const OrtSession *, size_t, OrtAllocator *, char **)                            \
    X(48, OrtStatus *, CreateTensorAsOrtValue, OrtAllocator *, const int64_t *, size_t, int32_t, OrtValue **)                \
    X(49, OrtStatus *, CreateTensorWithDataAsOrtValue, const OrtMemoryInfo *, void *, size_t, const int64_t *, size_t,       \
      int32_t, OrtValue **)                                                                                                  \
    X(50, OrtStatus *, IsTensor, const OrtValue *, int32_t *)                                                                \
    X(51, OrtStatus *, GetTensorMutableData, OrtValue *, void **)                                                            \
    X(53, OrtStatus *, GetStringTensorDataLength, const OrtValue *, size_t *)                                                \
    X(54, OrtStatus *, GetStringTensorContent, const OrtValue *, void *, size_t, size_t *, size_t)                           \
    X(55, OrtStatus *, CastTypeInfoToTensorInfo, const OrtTypeInfo *, const OrtTensorInfo **)                                \
    X(60, OrtStatus *, GetTensorElementType, const OrtTensorInfo *, int32_t *)                                               \
    X(61, OrtStatus *, GetDimensionsCount, const OrtTensorInfo *, size_t *)                                                  \
    X(62, OrtStatus *, GetDimensions, const OrtTensorInfo *, int64_t *, size_t)                                              \
    X(65, OrtStatus *, GetTensorTypeAndShape, const OrtValue *, OrtTensorInfo **)                                            \
    X(69, OrtStatus *, CreateCpuMemoryInfo, int32_t, int32_t, OrtMemoryInfo **)                                              \
    X(76, OrtStatus *, AllocatorFree, OrtAllocator *, void *)                                                                \
    X(78, OrtStatus *, GetAllocatorWithDefaultOptions, OrtAllocator **)                                                      \
    X(92, void, ReleaseEnv, OrtEnv *)                                                                                        \
    X(93, void, ReleaseStatus, OrtStatus *)                                                                                  \
    X(94, void, ReleaseMemoryInfo, OrtMemoryInfo *)                                                                          \
    X(95, void, ReleaseSession, OrtSession *)                                                                                \
    X(96, void, ReleaseValue, OrtValue *)                                                                                    \
    X(98, void, ReleaseTypeInfo, OrtTypeInfo *)                                                                              \
    X(99, void, ReleaseTensorTypeAndShapeInfo, OrtTensorInfo *)                                                              \
    X(100, void, ReleaseSessionOptions, OrtSessionOptions *)                                                                 \
    X(130, OrtStatus *, AddSessionConfigEntry, OrtSessionOptions *, const char *, const char *)                              \
    X(150, OrtStatus *, AddInitializer, OrtSessionOptions *, const char *, const OrtValue *)                                 \
    X(166, OrtStatus *, CreatePrepackedWeightsContainer, OrtPrepackedWeights **)                                             \
    X(167, void, ReleasePrepackedWeightsContainer, OrtPrepackedWeights *)                                                    \
    X(168, OrtStatus *, CreateSessionWithPrepackedWeightsContainer, const OrtEnv *, const char *, const OrtSessionOptions *, \
      OrtPrepackedWeights *, OrtSession **)                                                                                  \
    X(252, OrtStatus *, GetResizedStringTensorElementBuffer, OrtValue *, size_t, size_t, char **)

typedef struct CONNXRuntime {
    // The library's own version, such as "1.28.0".
    const char *_Nonnull version;
#define X(slot, result, name, ...) result (*_Nonnull name)(__VA_ARGS__);
    CONNXRUNTIME_FUNCTIONS(X)
#undef X
} CONNXRuntime;

// Opens the library at `path` (or by the loader's search, for a bare name) and fills `api`.
// Sets ORT_DISABLE_TELEMETRY=1 before, as later versions send their first event while they initialise.
// Returns NULL, or why not: the loader's words, valid until the calling thread's next call.
const char *_Nullable connxruntime_load(CONNXRuntime *_Nonnull api, const char *_Nonnull path);

#endif
