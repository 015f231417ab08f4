/* Run-time compilation. NVRTC is not linked, so that the program starts without it; its few functions are declared here, so
 * that its header isn't needed either. It sees no file of the machine: everything that the kernels include is handed over by
 * name. The options are those of the build (cmake/cuda.cmake). */
#define _XOPEN_SOURCE 700
#include "engine/cuda_compiler.h"

#include "core/digest.h"
#include "core/status.h"
#include "engine/cuda_cache.h"
#include "engine/cuda_libraries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- NVRTC */

typedef struct nvrtc_program nvrtc_program;

/* Functions return 0 or an error, as nvrtc.h has them. */
typedef struct {
    int (*version)(int *major, int *minor);
    const char *(*error_text)(int error);
    int (*create)(nvrtc_program **program, const char *text, const char *name, int n_headers, const char *const *headers,
                  const char *const *header_names);
    int (*destroy)(nvrtc_program **program);
    int (*compile)(nvrtc_program *program, int n_options, const char *const *options);
    int (*cubin_size)(nvrtc_program *program, size_t *size);
    int (*cubin)(nvrtc_program *program, char *cubin);
    int (*log_size)(nvrtc_program *program, size_t *size);
    int (*log)(nvrtc_program *program, char *log);
} nvrtc_functions;

static const char *const function_names[] = {
    "nvrtcVersion",      "nvrtcGetErrorString", "nvrtcCreateProgram",     "nvrtcDestroyProgram", "nvrtcCompileProgram",
    "nvrtcGetCUBINSize", "nvrtcGetCUBIN",       "nvrtcGetProgramLogSize", "nvrtcGetProgramLog",
};
enum { N_FUNCTIONS = sizeof function_names / sizeof *function_names };
_Static_assert(sizeof(nvrtc_functions) == N_FUNCTIONS * sizeof(void *), "a name for each function");

/* The CUDA that the program was built with comes first: its driver runs what that NVRTC compiles, but not always what a newer
 * one does. */
static const gt_cuda_library nvrtc = {
    .stem = "libnvrtc.so", .majors = {CUDA_MAJOR, 13, 12}, .names = function_names, .n = N_FUNCTIONS};

static gt_status load_nvrtc(const char *const *libraries, nvrtc_functions *rtc) {
    void *functions[N_FUNCTIONS];
    bool loaded = libraries == NULL && gt_cuda_library_load(&nvrtc, functions);
    for (; !loaded && libraries != NULL && *libraries != NULL; libraries++)
        loaded = gt_cuda_library_load_from(*libraries, &nvrtc, functions);
    if (loaded) memcpy(rtc, functions, sizeof functions);
    if (loaded) return GT_OK;
    return gt_fail(
        GT_ERR_DEVICE,
        "no kernels were compiled for this shape, and NVRTC (libnvrtc.so.%d), which would compile them now, can't be "
        "loaded; install the CUDA toolkit or its package cuda-nvrtc, or take --device cpu",
        CUDA_MAJOR);
}

/* ---------------------------------------------------------------- the program */

#define SHAPE_NAME "fused_shape_config.h"

/* NVRTC brings no system headers. These stand in for what the kernels and cuRAND's Philox use of them. */
static const gt_kernel_source stand_ins[] = {
    {"stdint.h", "typedef signed char int8_t;\ntypedef unsigned char uint8_t;\ntypedef short int16_t;\n"
                 "typedef unsigned short uint16_t;\ntypedef int int32_t;\ntypedef unsigned uint32_t;\n"
                 "typedef long long int64_t;\ntypedef unsigned long long uint64_t;\n"},
    {"stddef.h", "typedef decltype(sizeof 0) size_t;\n#ifndef NULL\n#define NULL 0\n#endif\n"},
    {"stdbool.h", ""},
    {"math.h", "#ifndef NAN\n#define NAN __int_as_float(0x7fffffff)\n#endif\n"
               "#ifndef INFINITY\n#define INFINITY __int_as_float(0x7f800000)\n#endif\n"}, /* the functions are built in */
    {"nv/target", "#define NV_IF_ELSE_TARGET(target, yes, no) GT_##target(yes, no)\n"
                  "#define GT_NV_IS_HOST(yes, no) no\n#define GT_NV_IS_DEVICE(yes, no) yes\n"},
};
enum { N_STAND_INS = sizeof stand_ins / sizeof *stand_ins };

/* What is compiled. Everything in here and the versions make the name of a cache entry. */
typedef struct {
    char text[256];
    const char **headers, **names; /* [n_headers] */
    int n_headers;
    char architecture[48];
    const char *options[5]; /* [n_options] */
    int n_options;
} request;

static void add_header(request *r, gt_kernel_source source) {
    r->headers[r->n_headers] = source.text;
    r->names[r->n_headers++] = source.name;
}

static gt_status make_request(const gt_cuda_program *program, const char *shape, int architecture, request *r) {
    *r = (request){0};
    const size_t capacity = program->n_sources + N_STAND_INS + 1;
    r->headers = calloc(2 * capacity, sizeof *r->headers);
    if (r->headers == NULL) return gt_fail(GT_ERR_MEMORY, "no memory to compile kernels");
    r->names = r->headers + capacity;
    for (size_t i = 0; i < program->n_sources; i++) add_header(r, program->sources[i]);
    for (size_t i = 0; i < N_STAND_INS; i++) add_header(r, stand_ins[i]);
    add_header(r, (gt_kernel_source){SHAPE_NAME, shape});
    snprintf(r->text, sizeof r->text, "#define FUSED_NAME custom\n#include \"" SHAPE_NAME "\"\n#include \"%s\"\n",
             program->main);
    snprintf(r->architecture, sizeof r->architecture, "--gpu-architecture=sm_%d", architecture);
    r->options[r->n_options++] = r->architecture;
    r->options[r->n_options++] = "--std=c++17";
    r->options[r->n_options++] = "--fmad=false";
    r->options[r->n_options++] = "--device-as-default-execution-space"; /* functions that the host has as well */
    r->options[r->n_options++] = "--no-source-include";                 /* nothing from the working directory */
    return GT_OK;
}

/* Strings are hashed with their ends, so that none runs into the next. NVRTC takes more options from the environment. */
static gt_status request_key(const request *r, const nvrtc_functions *rtc, char key[GT_DIGEST_CHARS]) {
    const size_t capacity = 4 + (size_t)r->n_options + 2 * (size_t)r->n_headers;
    gt_file_part *parts = calloc(capacity, sizeof *parts);
    if (parts == NULL) return gt_fail(GT_ERR_MEMORY, "no memory to compile kernels");
    const char *appended = getenv("NVRTC_APPEND_FLAGS");
    int version[2] = {0};
    rtc->version(&version[0], &version[1]);
    size_t n = 0;
#define ADD(string) (parts[n].data = (string), parts[n].size = strlen(string) + 1, n++)
    ADD(gt_version());
    ADD(r->text);
    ADD(appended != NULL ? appended : "");
    for (int i = 0; i < r->n_options; i++) ADD(r->options[i]);
    for (int i = 0; i < r->n_headers; i++) ADD(r->names[i]), ADD(r->headers[i]);
#undef ADD
    parts[n++] = (gt_file_part){version, sizeof version};
    gt_digest_parts(parts, n, key);
    free(parts);
    return GT_OK;
}

/* The first line of the compiler's log that tells an error, else what NVRTC calls the error. */
static gt_status refuse(const nvrtc_functions *rtc, nvrtc_program *program, int error, const request *r) {
    size_t size = 0;
    char *log = NULL;
    if (program != NULL && rtc->log_size(program, &size) == 0 && size > 0 && (log = calloc(1, size + 1)) != NULL)
        rtc->log(program, log);
    const char *line = log != NULL ? strstr(log, "error") : NULL;
    int length = 0;
    if (line != NULL) {
        while (line > log && line[-1] != '\n') line--;
        length = (int)strcspn(line, "\n");
    } else {
        line = rtc->error_text(error);
        length = (int)strlen(line);
    }
    gt_fail(GT_ERR_DEVICE, "NVRTC refuses the kernels for %s: %.*s", strchr(r->architecture, '=') + 1, length, line);
    free(log);
    return GT_ERR_DEVICE;
}

static gt_status compile(const nvrtc_functions *rtc, const request *r, void **out, size_t *out_size) {
    nvrtc_program *program = NULL;
    size_t size = 0;
    char *cubin = NULL;
    gt_status status = GT_OK;
    int error = rtc->create(&program, r->text, "gantry.cu", r->n_headers, r->headers, r->names);
    if (error == 0) error = rtc->compile(program, r->n_options, r->options);
    if (error == 0) error = rtc->cubin_size(program, &size);
    if (error == 0 && (cubin = malloc(size + 1)) == NULL) status = gt_fail(GT_ERR_MEMORY, "no memory for compiled kernels");
    if (error == 0 && status == GT_OK) error = rtc->cubin(program, cubin);
    if (error != 0) status = refuse(rtc, program, error, r);
    if (program != NULL) rtc->destroy(&program);
    if (status != GT_OK) {
        free(cubin);
        return status;
    }
    *out = cubin;
    *out_size = size;
    return GT_OK;
}

gt_status gt_cuda_compile_program(const gt_cuda_program *program, const char *shape, int architecture, void **out,
                                  size_t *out_size) {
    nvrtc_functions rtc = {0};
    request r;
    char key[GT_DIGEST_CHARS];
    GT_TRY(load_nvrtc(program->libraries, &rtc));
    gt_status status = GT_OK;
    GT_TRY_GOTO(make_request(program, shape, architecture, &r), cleanup);
    GT_TRY_GOTO(request_key(&r, &rtc, key), cleanup);
    if (gt_cuda_cache_get(key, out, out_size)) goto cleanup;
    GT_TRY_GOTO(compile(&rtc, &r, out, out_size), cleanup);
    gt_cuda_cache_put(key, *out, *out_size);
cleanup:
    free(r.headers);
    return status;
}

gt_status gt_cuda_compile(const char *shape, int architecture, void **out, size_t *out_size) {
    const gt_cuda_program program = {
        .sources = gt_kernel_sources, .n_sources = gt_n_kernel_sources, .main = "kernels/fused.cu"};
    return gt_cuda_compile_program(&program, shape, architecture, out, out_size);
}
