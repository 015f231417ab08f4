/* Keras weights of a Sequential of Dense layers, in HDF5. Two layouts, as Keras itself reads and writes them:
 *   Keras 3 (keras/src/saving/saving_lib.py): /layers/dense/vars/0 is the kernel [in, out], .../1 the bias [out]; the next
 * layers are dense_1, dense_2. Keras 2.12 to 2.15 call /layers /_layer_checkpoint_dependencies. Keras 2
 * (keras/src/legacy/saving/legacy_h5_format.py): the attribute layer_names of / (of a whole model: of /model_weights) lists
 *     groups, whose attribute weight_names lists their arrays.
 * Files are built and read in memory, so that they appear whole and a damaged one leads nowhere else. */
#define _XOPEN_SOURCE 700
#include "io/keras.h"

#include "core/spec.h"
#include "core/status.h"
#include "io/file.h"
#include "io/number.h"

#ifdef GANTRY_HDF5
#include <hdf5.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* HDF5 asks for a name even of a file in memory and looks whether it exists. This one can't. */
#define NO_FILE "/dev/null/gantry.weights.h5"

#define MEMORY_STEP_BYTES ((size_t)1 << 20)
#define MAX_NAMES         1024
#define MAX_NAME_BYTES    1024

/* HDF5 as it is packaged is not safe for threads. */
static pthread_mutex_t hdf5_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Enters HDF5, which then doesn't print its errors. */
typedef struct {
    H5E_auto2_t print;
    void *data;
} hdf5_guard;

static hdf5_guard hdf5_enter(void) {
    hdf5_guard guard = {0};
    pthread_mutex_lock(&hdf5_mutex);
    H5Eget_auto2(H5E_DEFAULT, &guard.print, &guard.data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return guard;
}

static void hdf5_leave(hdf5_guard guard) {
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, guard.print, guard.data);
    pthread_mutex_unlock(&hdf5_mutex);
}

/* Properties of a file in memory; closing it closes all that is open in it. data NULL: a new one. */
static hid_t memory_file(const void *data, size_t size) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (H5Pset_fapl_core(access, MEMORY_STEP_BYTES, false) < 0 || H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0 ||
        (data != NULL && H5Pset_file_image(access, (void *)data, size) < 0)) {
        H5Pclose(access);
        return H5I_INVALID_HID;
    }
    return access;
}

enum { NAME_CHARS = 24 };

static void layer_name(int layer, char out[NAME_CHARS]) { snprintf(out, NAME_CHARS, layer == 0 ? "dense" : "dense_%d", layer); }

/* ---------------------------------------------------------------- writing */

/* Strings of a fixed length, [n] or one alone (n = 0): what every version of Keras and h5py takes. */
static bool write_strings(hid_t object, const char *attribute, const char *texts, size_t text_bytes, int n) {
    const hsize_t dim = (hsize_t)n;
    hid_t type = H5Tcopy(H5T_C_S1), space = n > 0 ? H5Screate_simple(1, &dim, NULL) : H5Screate(H5S_SCALAR);
    bool ok = H5Tset_size(type, text_bytes) >= 0 && H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0;
    hid_t id = ok ? H5Acreate2(object, attribute, type, space, H5P_DEFAULT, H5P_DEFAULT) : H5I_INVALID_HID;
    ok = id >= 0 && H5Awrite(id, type, texts) >= 0 && H5Aclose(id) >= 0;
    H5Tclose(type);
    H5Sclose(space);
    return ok;
}

/* data [rows, cols], or [cols] where rows is 0. */
static bool write_array(hid_t group, const char *name, int rows, int cols, const float *data) {
    const hsize_t dims[] = {(hsize_t)rows, (hsize_t)cols};
    hid_t space = rows > 0 ? H5Screate_simple(2, dims, NULL) : H5Screate_simple(1, dims + 1, NULL);
    hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    bool ok = H5Pset_obj_track_times(create, false) >= 0; /* the same weights, the same bytes */
    hid_t id = ok ? H5Dcreate2(group, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, create, H5P_DEFAULT) : H5I_INVALID_HID;
    ok = id >= 0 && H5Dwrite(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0 && H5Dclose(id) >= 0;
    H5Pclose(create);
    H5Sclose(space);
    return ok;
}

static hid_t create_group(hid_t parent, const char *name) {
    return H5Gcreate2(parent, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
}

/* A layer in the layout of Keras 3; in that of Keras 2 by hard links to the same arrays. kernel [in, out] */
static bool write_layer(hid_t file, hid_t layers, int layer, int inputs, int outputs, const float *kernel, const float *bias) {
    char name[NAME_CHARS], weight_names[2][NAME_CHARS + 16] = {""};
    layer_name(layer, name);
    hid_t group = create_group(layers, name), vars = create_group(group, "vars");
    hid_t old_group = create_group(file, name), arrays = create_group(old_group, name);
    snprintf(weight_names[0], sizeof weight_names[0], "%s/kernel:0", name);
    snprintf(weight_names[1], sizeof weight_names[1], "%s/bias:0", name);
    return arrays >= 0 && write_strings(vars, "name", name, strlen(name), 0) &&
           write_array(vars, "0", inputs, outputs, kernel) && write_array(vars, "1", 0, outputs, bias) &&
           write_strings(old_group, "weight_names", weight_names[0], sizeof weight_names[0], 2) &&
           H5Lcreate_hard(vars, "0", arrays, "kernel:0", H5P_DEFAULT, H5P_DEFAULT) >= 0 &&
           H5Lcreate_hard(vars, "1", arrays, "bias:0", H5P_DEFAULT, H5P_DEFAULT) >= 0;
}

static bool write_net(hid_t file, const gt_net_file *net_file, float *kernel) {
    const gt_net_spec *net = &net_file->net;
    char names[GT_MAX_LAYERS][NAME_CHARS] = {""};
    for (int l = 0; l < net->n_layers; l++) layer_name(l, names[l]);
    hid_t layers = create_group(file, "layers");
    /* The version decides how Keras 2 takes the arrays: as they are from 2 on. */
    bool ok = layers >= 0 && write_strings(file, "layer_names", names[0], sizeof names[0], net->n_layers) &&
              write_strings(file, "keras_version", "2.15.0", strlen("2.15.0"), 0) &&
              write_strings(file, "backend", "tensorflow", strlen("tensorflow"), 0);
    const float *weight = net_file->weights;
    for (int l = 0; ok && l < net->n_layers; l++) {
        const size_t inputs = (size_t)net->size[l], outputs = (size_t)net->size[l + 1];
        for (size_t i = 0; i < inputs; i++)
            for (size_t o = 0; o < outputs; o++) kernel[i * outputs + o] = weight[o * inputs + i];
        ok = write_layer(file, layers, l, net->size[l], net->size[l + 1], kernel, weight + outputs * inputs);
        weight += outputs * (inputs + 1);
    }
    return ok;
}

/* The file's bytes; the caller frees. NULL: HDF5 failed, which happens only when there is no memory. */
static void *build_image(const gt_net_file *net_file, size_t *size) {
    void *image = NULL;
    float *kernel = malloc(gt_net_n_parameters(&net_file->net) * sizeof *kernel);
    hid_t access = memory_file(NULL, 0);
    hid_t file = kernel != NULL && access >= 0 ? H5Fcreate(NO_FILE, H5F_ACC_TRUNC, H5P_DEFAULT, access) : H5I_INVALID_HID;
    if (file >= 0) {
        bool ok = write_net(file, net_file, kernel) && H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0;
        const ssize_t n = ok ? H5Fget_file_image(file, NULL, 0) : -1;
        if (n > 0) image = malloc((size_t)n);
        if (image != NULL && H5Fget_file_image(file, image, (size_t)n) != n) {
            free(image);
            image = NULL;
        }
        *size = n > 0 ? (size_t)n : 0;
        H5Fclose(file);
    }
    if (access >= 0) H5Pclose(access);
    free(kernel);
    return image;
}

gt_status gt_keras_write(const gt_net_file *file, const char *path) {
    size_t size = 0;
    hdf5_guard guard = hdf5_enter();
    void *image = build_image(file, &size);
    hdf5_leave(guard);
    gt_status status = image != NULL ? gt_file_write(path, image, size) : gt_fail(GT_ERR_MEMORY, "no memory to write %s", path);
    free(image);
    return status;
}

/* ---------------------------------------------------------------- reading */

typedef struct {
    const char *path;
    gt_net_file *out;
} reader;

/* The innermost message of HDF5's error stack. */
static herr_t first_message(unsigned n, const H5E_error2_t *error, void *text) {
    if (n == 0 && error->desc != NULL) gt_net_printable(error->desc, text);
    return 0;
}

static gt_status damaged(const reader *r) {
    char text[GT_NET_NAME_CHARS] = "";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first_message, text);
    return gt_fail(GT_ERR_FILE, "%s is no HDF5 file that can be read, or damaged%s%s", r->path, *text != '\0' ? ": " : "",
                   text);
}

static gt_status no_memory(const reader *r) { return gt_fail(GT_ERR_MEMORY, "no memory to read %s", r->path); }

static gt_status not_dense(const reader *r, const char *layer) {
    char name[GT_NET_NAME_CHARS];
    return gt_fail(GT_ERR_FILE, "%s: layer \"%s\" is not Dense; gantry reads Dense layers one after another", r->path,
                   gt_net_printable(layer, name));
}

/* Only links to what is in the file itself count. */
static bool has_child(hid_t group, const char *name) {
    H5L_info_t info;
    return H5Lexists(group, name, H5P_DEFAULT) > 0 && H5Lget_info(group, name, &info, H5P_DEFAULT) >= 0 &&
           info.type == H5L_TYPE_HARD;
}

/* What lies at "a/b/c" below a group, if it is of that type. */
static hid_t open_child(hid_t group, const char *path, H5I_type_t type) {
    char name[MAX_NAME_BYTES];
    hid_t at = group;
    while (true) {
        const size_t size = strcspn(path, "/");
        if (size == 0 || size >= sizeof name) return H5I_INVALID_HID;
        memcpy(name, path, size);
        name[size] = '\0';
        if (!has_child(at, name) || (at = H5Oopen(at, name, H5P_DEFAULT)) < 0) return H5I_INVALID_HID;
        path += size;
        const bool last = *path == '\0';
        if (H5Iget_type(at) != (last ? type : H5I_GROUP)) return H5I_INVALID_HID;
        if (last) return at;
        path++;
    }
}

/* Names, in the order of the file or as sorted. */
typedef struct {
    char **name;
    size_t n;
} names;

static void names_free(names *list) {
    for (size_t i = 0; i < list->n; i++) free(list->name[i]);
    free(list->name);
    *list = (names){0};
}

static bool names_add(names *list, const char *text, size_t size) {
    char **larger = list->n < MAX_NAMES ? realloc(list->name, (list->n + 1) * sizeof *larger) : NULL;
    if (larger == NULL) return false;
    list->name = larger;
    return (larger[list->n] = strndup(text, size)) != NULL && ++list->n > 0;
}

static herr_t add_child(hid_t group, const char *name, const H5L_info_t *info, void *list) {
    (void)group;
    (void)info;
    return names_add(list, name, MAX_NAME_BYTES) ? 0 : -1;
}

static gt_status list_children(const reader *r, hid_t group, names *out) {
    return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, add_child, out) < 0 ? damaged(r) : GT_OK;
}

/* An attribute that lists strings, of a fixed or a variable length. An empty list may be of any type. */
static bool read_strings(hid_t attribute, hid_t type, hid_t space, names *out) {
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    if (n == 0) return true;
    if (n < 0 || n > MAX_NAMES || H5Tget_class(type) != H5T_STRING) return false;
    const bool variable = H5Tis_variable_str(type) > 0;
    const size_t size = variable ? sizeof(char *) : H5Tget_size(type);
    if (size == 0 || size > MAX_NAME_BYTES) return false;
    char *texts = calloc((size_t)n, size);
    bool ok = texts != NULL && H5Aread(attribute, type, texts) >= 0;
    for (size_t i = 0; ok && i < (size_t)n; i++) {
        const char *text = variable ? ((char **)texts)[i] : texts + i * size;
        ok = text != NULL && names_add(out, text, strnlen(text, variable ? MAX_NAME_BYTES : size));
    }
    if (variable && texts != NULL) H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts);
    free(texts);
    return ok;
}

static gt_status list_strings(const reader *r, hid_t object, const char *name, names *out) {
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0) return damaged(r);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    bool ok = type >= 0 && space >= 0 && read_strings(attribute, type, space, out);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    return ok ? GT_OK : damaged(r);
}

/* The dimensions of an array of floats that lies in the file: 1 or 2; 0: it is no such array. */
static int shape_of(hid_t array, hsize_t dims[2]) {
    hid_t space = H5Dget_space(array), type = H5Dget_type(array), create = H5Dget_create_plist(array);
    int n = space >= 0 && type >= 0 && create >= 0 ? H5Sget_simple_extent_ndims(space) : 0;
    if (n != 1 && n != 2) n = 0;
    if (n != 0 && (H5Tget_class(type) != H5T_FLOAT || H5Pget_external_count(create) != 0 ||
                   H5Pget_layout(create) == H5D_VIRTUAL || H5Sget_simple_extent_dims(space, dims, NULL) < 0))
        n = 0;
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    if (create >= 0) H5Pclose(create);
    return n;
}

/* The next layer, from its arrays; HDF5 converts other floats. bias: H5I_INVALID_HID where there is none. */
static gt_status read_layer(const reader *r, const char *layer, hid_t kernel, hid_t bias) {
    hsize_t dims[2], bias_dims[2];
    if (shape_of(kernel, dims) != 2 || (bias >= 0 && (shape_of(bias, bias_dims) != 1 || bias_dims[0] != dims[1])))
        return not_dense(r, layer);
    float *to_weight, *to_bias;
    GT_TRY(gt_net_file_add_layer(r->out, r->path, dims[0], dims[1], &to_weight, &to_bias));
    const size_t inputs = (size_t)dims[0], outputs = (size_t)dims[1];
    float *transposed = malloc(inputs * outputs * sizeof *transposed);
    if (transposed == NULL) return no_memory(r);
    bool ok = H5Dread(kernel, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, transposed) >= 0;
    for (size_t o = 0; ok && o < outputs; o++)
        for (size_t i = 0; i < inputs; i++) to_weight[o * inputs + i] = transposed[i * outputs + o];
    free(transposed);
    if (ok && bias >= 0) ok = H5Dread(bias, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, to_bias) >= 0;
    return ok ? GT_OK : damaged(r);
}

/* ---------------------------------------------------------------- reading Keras 3 */

/* The number in "dense" (0) or "dense_<n>"; -1: another name. */
static int64_t dense_number(const char *name) {
    uint64_t number = 0;
    if (strcmp(name, "dense") == 0) return 0;
    if (strncmp(name, "dense_", 6) != 0 || !gt_number_parse_u64(name + 6, &number) || number == 0 || number > INT32_MAX)
        return -1;
    return (int64_t)number;
}

static int compare_numbers(const void *a, const void *b) {
    const int64_t x = dense_number(*(char *const *)a), y = dense_number(*(char *const *)b);
    return x < y ? -1 : x > y;
}

/* Groups below the one of the layer: its own arrays in vars; dropout keeps the state of its generator. */
static gt_status count_arrays(const reader *r, hid_t layers, const char *layer, size_t *n) {
    names children = {0}, arrays = {0};
    hid_t group = open_child(layers, layer, H5I_GROUP), vars = H5I_INVALID_HID;
    gt_status status = group >= 0 ? list_children(r, group, &children) : not_dense(r, layer);
    for (size_t i = 0; status == GT_OK && i < children.n; i++)
        if (strcmp(children.name[i], "vars") != 0 && strcmp(children.name[i], "seed_generator") != 0)
            status = not_dense(r, layer);
    if (status == GT_OK && has_child(group, "vars")) {
        vars = open_child(group, "vars", H5I_GROUP);
        status = vars >= 0 ? list_children(r, vars, &arrays) : not_dense(r, layer);
    }
    *n = arrays.n;
    names_free(&arrays);
    names_free(&children);
    return status;
}

static gt_status read_vars(const reader *r, hid_t layers, const char *layer, size_t n_arrays) {
    char path[MAX_NAME_BYTES];
    if (dense_number(layer) < 0 || n_arrays > 2) return not_dense(r, layer);
    snprintf(path, sizeof path, "%s/vars", layer);
    hid_t vars = open_child(layers, path, H5I_GROUP), kernel = open_child(vars, "0", H5I_DATASET);
    hid_t bias = n_arrays == 2 ? open_child(vars, "1", H5I_DATASET) : H5I_INVALID_HID;
    if (kernel < 0 || (n_arrays == 2 && bias < 0)) return not_dense(r, layer);
    return read_layer(r, layer, kernel, bias);
}

static gt_status read_keras3(const reader *r, hid_t layers) {
    names list = {0}, dense = {0};
    size_t n_arrays;
    gt_status status = list_children(r, layers, &list);
    for (size_t i = 0; status == GT_OK && i < list.n; i++) {
        status = count_arrays(r, layers, list.name[i], &n_arrays);
        if (status != GT_OK || n_arrays == 0) continue;
        if (dense_number(list.name[i]) < 0)
            status = not_dense(r, list.name[i]);
        else if (!names_add(&dense, list.name[i], MAX_NAME_BYTES))
            status = no_memory(r);
    }
    if (status == GT_OK && dense.n > 1) qsort(dense.name, dense.n, sizeof *dense.name, compare_numbers);
    for (size_t i = 0; status == GT_OK && i < dense.n; i++) {
        status = count_arrays(r, layers, dense.name[i], &n_arrays);
        if (status == GT_OK) status = read_vars(r, layers, dense.name[i], n_arrays);
    }
    names_free(&list);
    names_free(&dense);
    return status;
}

/* ---------------------------------------------------------------- reading Keras 2 */

static bool is_called(const char *path, const char *name) {
    const char *slash = strrchr(path, '/'), *last = slash != NULL ? slash + 1 : path;
    const size_t size = strlen(name);
    return strncmp(last, name, size) == 0 && (last[size] == '\0' || strcmp(last + size, ":0") == 0);
}

static gt_status read_named(const reader *r, hid_t layers, const char *layer) {
    names list = {0};
    hid_t group = open_child(layers, layer, H5I_GROUP), kernel = H5I_INVALID_HID, bias = H5I_INVALID_HID;
    gt_status status = group >= 0 ? list_strings(r, group, "weight_names", &list) : damaged(r);
    const bool has_bias = list.n == 2;
    if (status == GT_OK && list.n > 0) {
        bool ok = list.n <= 2 && is_called(list.name[0], "kernel") && (!has_bias || is_called(list.name[1], "bias"));
        if (ok) kernel = open_child(group, list.name[0], H5I_DATASET);
        if (ok && has_bias) bias = open_child(group, list.name[1], H5I_DATASET);
        ok = ok && kernel >= 0 && (!has_bias || bias >= 0);
        status = ok ? read_layer(r, layer, kernel, bias) : not_dense(r, layer);
    }
    names_free(&list);
    return status;
}

static gt_status read_keras2(const reader *r, hid_t layers) {
    names list = {0};
    gt_status status = list_strings(r, layers, "layer_names", &list);
    for (size_t i = 0; status == GT_OK && i < list.n; i++) status = read_named(r, layers, list.name[i]);
    names_free(&list);
    return status;
}

static gt_status read_file(const reader *r, hid_t file) {
    static const char *const folders[] = {"layers", "_layer_checkpoint_dependencies", "model_weights"};
    hid_t group = H5I_INVALID_HID;
    int i = 0;
    while (i < 3 && (group = open_child(file, folders[i], H5I_GROUP)) < 0) i++;
    gt_status status;
    if (i < 2)
        status = read_keras3(r, group);
    else if (i == 2 || H5Aexists(file, "layer_names") > 0)
        status = read_keras2(r, i == 2 ? group : file);
    else
        return gt_fail(GT_ERR_FILE,
                       "%s is an HDF5 file, but none of Keras' weights: it has neither \"layers\" nor \"layer_names\"",
                       r->path);
    if (status == GT_OK && r->out->net.n_layers == 0) return gt_fail(GT_ERR_FILE, "%s has no Dense layer", r->path);
    return status;
}

gt_status gt_keras_read(const char *path, gt_net_file *out) {
    const reader r = {.path = path, .out = out};
    char *data;
    size_t size;
    *out = (gt_net_file){0};
    GT_TRY(gt_file_read(path, GT_NET_FILE_MAX_BYTES, &data, &size));
    hdf5_guard guard = hdf5_enter();
    hid_t access = memory_file(data, size);
    hid_t file = access >= 0 ? H5Fopen(NO_FILE, H5F_ACC_RDONLY, access) : H5I_INVALID_HID;
    gt_status status = file >= 0 ? read_file(&r, file) : damaged(&r);
    if (file >= 0) H5Fclose(file);
    if (access >= 0) H5Pclose(access);
    hdf5_leave(guard);
    free(data);
    if (status != GT_OK) gt_net_file_free(out);
    return status;
}

#else

static gt_status without(const char *path) {
    return gt_fail(GT_ERR_ARGUMENT, "%s: this gantry was built without HDF5 (libhdf5-dev), which Keras weights need", path);
}

gt_status gt_keras_write(const gt_net_file *file, const char *path) {
    (void)file;
    return without(path);
}

gt_status gt_keras_read(const char *path, gt_net_file *out) {
    *out = (gt_net_file){0};
    return without(path);
}

#endif
