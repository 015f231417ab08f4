/* ONNX models of dense nets, through protobuf-c and our own subset of ONNX's messages (onnx.proto). The semantics of the nodes
 * are those of github.com/onnx/onnx/blob/main/docs/Operators.md. */
#include "io/onnx.h"

#include "core/spec.h"
#include "core/status.h"
#include "io/file.h"
#include "io/number.h"

#ifdef GANTRY_PROTOBUF
#include "onnx.pb-c.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLOAT = 1 }; /* TensorProto.DataType */

/* Opset 13 (ONNX 1.8, IR version 7) has all that is needed, and whatever reads ONNX today reads it. */
enum { IR_VERSION = 7, OPSET = 13 };

/* ---------------------------------------------------------------- writing */

enum { MAX_NODES = 2 * GT_MAX_LAYERS + 5, MAX_TENSORS = 2 * GT_MAX_LAYERS + 4, NAME_CHARS = 40 };

/* A graph under construction: nodes in a chain, each of which takes the value before it. */
typedef struct {
    const char *prefix; /* of names: "generator" */
    Onnx__NodeProto node[MAX_NODES], *nodes[MAX_NODES];
    Onnx__AttributeProto attribute[MAX_NODES], *attributes[MAX_NODES];
    Onnx__TensorProto tensor[MAX_TENSORS], *tensors[MAX_TENSORS];
    char *inputs[MAX_NODES][3];
    char value_name[MAX_NODES + 1][NAME_CHARS],
        *value[MAX_NODES + 1]; /* value[0] is the input, value[i + 1] what node i gives */
    char tensor_name[MAX_TENSORS][NAME_CHARS];
    int64_t dims[MAX_TENSORS][2];
    size_t n_nodes, n_tensors;
} chain;

static void name_value(chain *c, size_t i, const char *name) {
    snprintf(c->value_name[i], NAME_CHARS, "%s", name);
    c->value[i] = c->value_name[i];
}

/* A node on the last value; the caller adds further inputs. */
static Onnx__NodeProto *add_node(chain *c, const char *op_type) {
    const size_t i = c->n_nodes++;
    Onnx__NodeProto *node = c->nodes[i] = &c->node[i];
    onnx__node_proto__init(node);
    snprintf(c->value_name[i + 1], NAME_CHARS, "%s.%zu.%s", c->prefix, i, op_type);
    c->value[i + 1] = c->value_name[i + 1];
    c->inputs[i][0] = c->value[i];
    node->n_input = 1;
    node->input = c->inputs[i];
    node->n_output = 1;
    node->output = &c->value[i + 1];
    node->name = c->value_name[i + 1];
    node->op_type = (char *)op_type;
    return node;
}

/* Its one attribute. */
static Onnx__AttributeProto *add_attribute(chain *c, const char *name) {
    const size_t i = c->n_nodes - 1;
    Onnx__AttributeProto *attribute = c->attributes[i] = &c->attribute[i];
    onnx__attribute_proto__init(attribute);
    attribute->name = (char *)name;
    attribute->has_type = true;
    c->node[i].n_attribute = 1;
    c->node[i].attribute = &c->attributes[i];
    return attribute;
}

/* data [rows, cols], or [cols] where rows is 0, as a further input of the last node. */
static void add_tensor(chain *c, const char *name, int rows, int cols, const float *data) {
    const size_t i = c->n_tensors++;
    Onnx__TensorProto *tensor = c->tensors[i] = &c->tensor[i];
    Onnx__NodeProto *node = &c->node[c->n_nodes - 1];
    onnx__tensor_proto__init(tensor);
    snprintf(c->tensor_name[i], NAME_CHARS, "%s.%s", c->prefix, name);
    if (rows > 0) c->dims[i][tensor->n_dims++] = rows;
    c->dims[i][tensor->n_dims++] = cols;
    tensor->name = c->tensor_name[i];
    tensor->dims = c->dims[i];
    tensor->has_data_type = tensor->has_raw_data = true;
    tensor->data_type = FLOAT;
    tensor->raw_data.data = (uint8_t *)data;
    tensor->raw_data.len = (size_t)(rows > 0 ? rows : 1) * (size_t)cols * sizeof *data;
    node->input[node->n_input++] = tensor->name;
}

static void add_activation(chain *c, gt_activation activation, double leaky_slope) {
    static const char *const op_types[GT_N_ACTIVATIONS] = {
        [GT_RELU] = "Relu", [GT_LEAKY_RELU] = "LeakyRelu", [GT_TANH] = "Tanh", [GT_SIGMOID] = "Sigmoid", [GT_ELU] = "Elu",
    };
    if (op_types[activation] == NULL) return;
    add_node(c, op_types[activation]);
    if (activation != GT_LEAKY_RELU) return;
    Onnx__AttributeProto *alpha = add_attribute(c, "alpha");
    alpha->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
    alpha->has_f = true;
    alpha->f = (float)leaky_slope;
}

static void add_layer(chain *c, int layer, int inputs, int outputs, const float *weight) {
    char name[NAME_CHARS];
    add_node(c, "Gemm");
    Onnx__AttributeProto *transposed = add_attribute(c, "transB");
    transposed->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    transposed->has_i = true;
    transposed->i = 1;
    snprintf(name, sizeof name, "%d.weight", layer);
    add_tensor(c, name, outputs, inputs, weight);
    snprintf(name, sizeof name, "%d.bias", layer);
    add_tensor(c, name, 0, outputs, weight + (size_t)outputs * (size_t)inputs);
}

static void add_map(chain *c, const char *where, const gt_net_map *map, int columns) {
    char name[NAME_CHARS];
    if (map->scale == NULL) return;
    bool scales = false, shifts = false;
    for (int i = 0; i < columns; i++) {
        scales |= map->scale[i] != 1;
        shifts |= map->offset[i] != 0;
    }
    if (scales) {
        add_node(c, "Mul");
        snprintf(name, sizeof name, "%s_scale", where);
        add_tensor(c, name, 0, columns, map->scale);
    }
    if (shifts) {
        add_node(c, "Add");
        snprintf(name, sizeof name, "%s_offset", where);
        add_tensor(c, name, 0, columns, map->offset);
    }
}

/* A float value [batch, columns]. */
typedef struct {
    Onnx__ValueInfoProto info, *infos[1];
    Onnx__TypeProto type;
    Onnx__TypeProto__Tensor tensor;
    Onnx__TensorShapeProto shape;
    Onnx__TensorShapeProto__Dimension dim[2], *dims[2];
} typed_value;

static void describe_value(typed_value *v, char *name, int columns) {
    onnx__value_info_proto__init(&v->info);
    onnx__type_proto__init(&v->type);
    onnx__type_proto__tensor__init(&v->tensor);
    onnx__tensor_shape_proto__init(&v->shape);
    for (int i = 0; i < 2; i++) {
        onnx__tensor_shape_proto__dimension__init(&v->dim[i]);
        v->dims[i] = &v->dim[i];
    }
    v->dim[0].dim_param = "batch";
    v->dim[1].has_dim_value = true;
    v->dim[1].dim_value = columns;
    v->shape.n_dim = 2;
    v->shape.dim = v->dims;
    v->tensor.has_elem_type = true;
    v->tensor.elem_type = FLOAT;
    v->tensor.shape = &v->shape;
    v->type.tensor_type = &v->tensor;
    v->info.name = name;
    v->info.type = &v->type;
    v->infos[0] = &v->info;
}

gt_status gt_onnx_write(const gt_net_file *file, const char *path) {
    const gt_net_spec *net = &file->net;
    const bool generator = file->role == GT_GENERATOR;
    const int inputs = net->size[0], outputs = net->size[net->n_layers];
    chain *c = calloc(1, sizeof *c);
    if (c == NULL) return gt_fail(GT_ERR_MEMORY, "no memory to write %s", path);
    c->prefix = generator ? "generator" : "discriminator";
    name_value(c, 0, generator ? "latent" : "point");
    add_map(c, "input", &file->input, inputs);
    const float *weight = file->weights;
    for (int l = 0; l < net->n_layers; l++) {
        add_layer(c, l, net->size[l], net->size[l + 1], weight);
        add_activation(c, net->activation[l], net->leaky_slope);
        weight += (size_t)net->size[l + 1] * (size_t)(net->size[l] + 1);
    }
    add_map(c, "output", &file->output, outputs);
    if (file->probability) add_activation(c, GT_SIGMOID, 0);
    name_value(c, c->n_nodes, generator ? "sample" : file->probability ? "probability" : "logit");

    typed_value input, output;
    describe_value(&input, c->value[0], inputs);
    describe_value(&output, c->value[c->n_nodes], outputs);
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    graph.name = (char *)c->prefix;
    graph.n_node = c->n_nodes;
    graph.node = c->nodes;
    graph.n_initializer = c->n_tensors;
    graph.initializer = c->tensors;
    graph.n_input = graph.n_output = 1;
    graph.input = input.infos;
    graph.output = output.infos;
    Onnx__OperatorSetIdProto opset = ONNX__OPERATOR_SET_ID_PROTO__INIT, *opsets[] = {&opset};
    opset.domain = ""; /* ONNX's own */
    opset.has_version = true;
    opset.version = OPSET;
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    model.has_ir_version = true;
    model.ir_version = IR_VERSION;
    model.producer_name = "gantry";
    model.producer_version = (char *)gt_version();
    model.graph = &graph;
    model.n_opset_import = 1;
    model.opset_import = opsets;

    uint8_t *data = malloc(onnx__model_proto__get_packed_size(&model));
    gt_status status = data != NULL ? gt_file_write(path, data, onnx__model_proto__pack(&model, data))
                                    : gt_fail(GT_ERR_MEMORY, "no memory to write %s", path);
    free(data);
    free(c);
    return status;
}

/* ---------------------------------------------------------------- reading */

typedef struct {
    const char *path;
    const Onnx__GraphProto *graph;
    gt_net_file *out;
    const char *value; /* what the nodes so far give */
    bool bias_open;    /* an Add may still bring the last layer's bias */
    bool activated;    /* the last layer has its activation */
    bool slope_known;  /* from a LeakyRelu before */
    const Onnx__TensorProto *input_scale, *input_offset, *output_scale, *output_offset; /* NULL: none so far */
} reader;

static const char *text_of(const char *text) { return text != NULL ? text : ""; }

/* A node that is refused, by its type, and why. */
static gt_status refuse(const reader *r, const Onnx__NodeProto *node, const char *why) {
    char name[GT_NET_NAME_CHARS];
    return gt_fail(GT_ERR_FILE, "%s: a node of type %s %s; gantry reads dense layers one after another", r->path,
                   gt_net_printable(text_of(node->op_type), name), why);
}

static const Onnx__TensorProto *find_tensor(const reader *r, const char *name) {
    for (size_t i = 0; i < r->graph->n_initializer; i++)
        if (strcmp(text_of(r->graph->initializer[i]->name), name) == 0 && *name != '\0') return r->graph->initializer[i];
    return NULL;
}

/* Elements of a tensor; 0 where it is no tensor of floats that are in the file. */
static size_t n_floats(const Onnx__TensorProto *tensor) {
    uint64_t n = 1;
    for (size_t i = 0; i < tensor->n_dims; i++)
        if (tensor->dims[i] < 1 || __builtin_mul_overflow(n, (uint64_t)tensor->dims[i], &n)) return 0;
    if (tensor->data_type != FLOAT || tensor->data_location != ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT) return 0;
    bool whole = tensor->has_raw_data ? tensor->raw_data.len % sizeof(float) == 0 && tensor->raw_data.len / sizeof(float) == n
                                      : tensor->n_float_data == n;
    return whole ? (size_t)n : 0;
}

static float float_at(const Onnx__TensorProto *tensor, size_t i) {
    float value;
    if (!tensor->has_raw_data) return tensor->float_data[i];
    memcpy(&value, tensor->raw_data.data + i * sizeof value, sizeof value); /* it may lie at any address */
    return value;
}

/* [n] or [1, n] */
static bool is_row(const Onnx__TensorProto *tensor, size_t n) {
    return n_floats(tensor) == n && (tensor->n_dims == 1 || (tensor->n_dims == 2 && tensor->dims[0] == 1));
}

static const Onnx__AttributeProto *find_attribute(const Onnx__NodeProto *node, const char *name) {
    for (size_t i = 0; i < node->n_attribute; i++)
        if (strcmp(text_of(node->attribute[i]->name), name) == 0) return node->attribute[i];
    return NULL;
}

static float float_attribute(const Onnx__NodeProto *node, const char *name, float missing) {
    const Onnx__AttributeProto *attribute = find_attribute(node, name);
    return attribute != NULL ? attribute->f : missing;
}

static int64_t int_attribute(const Onnx__NodeProto *node, const char *name) { /* all of them are 0 where they are missing */
    const Onnx__AttributeProto *attribute = find_attribute(node, name);
    return attribute != NULL ? attribute->i : 0;
}

/* The constant among the two inputs of an Add or Mul; NULL: none. */
static const Onnx__TensorProto *other_operand(const reader *r, const Onnx__NodeProto *node) {
    if (node->n_input != 2) return NULL;
    return find_tensor(r, node->input[strcmp(node->input[0], r->value) == 0 ? 1 : 0]);
}

/* Gemm: value * B or value * B^T, plus C. MatMul: value * B. */
static gt_status read_layer(reader *r, const Onnx__NodeProto *node, bool gemm) {
    const bool transposed = gemm && int_attribute(node, "transB") != 0;
    const bool has_bias = gemm && node->n_input == 3 && *node->input[2] != '\0';
    const Onnx__TensorProto *b = node->n_input >= 2 ? find_tensor(r, node->input[1]) : NULL;
    const Onnx__TensorProto *c = has_bias ? find_tensor(r, node->input[2]) : NULL;
    if (strcmp(node->input[0], r->value) != 0 || b == NULL || (has_bias && c == NULL))
        return refuse(r, node, "has weights that are not constants in the file");
    if (gemm &&
        (int_attribute(node, "transA") != 0 || float_attribute(node, "alpha", 1) != 1 || float_attribute(node, "beta", 1) != 1))
        return refuse(r, node, "has an alpha, a beta or a transA of its own");
    if (n_floats(b) == 0 || b->n_dims != 2)
        return refuse(r, node, "has a weight that is not a matrix of 32-bit floats in the file");
    if (r->output_scale != NULL || r->output_offset != NULL) return refuse(r, node, "stands behind a Mul or an Add");
    const uint64_t inputs = (uint64_t)b->dims[transposed ? 1 : 0], outputs = (uint64_t)b->dims[transposed ? 0 : 1];
    if (c != NULL && !is_row(c, (size_t)outputs)) return refuse(r, node, "has a bias that is not one 32-bit float an output");
    float *weight, *bias;
    GT_TRY(gt_net_file_add_layer(r->out, r->path, inputs, outputs, &weight, &bias));
    for (size_t o = 0; o < outputs; o++)
        for (size_t i = 0; i < inputs; i++) weight[o * inputs + i] = float_at(b, transposed ? o * inputs + i : i * outputs + o);
    for (size_t o = 0; c != NULL && o < outputs; o++) bias[o] = float_at(c, o);
    r->bias_open = c == NULL;
    r->activated = false;
    return GT_OK;
}

static gt_status read_add(reader *r, const Onnx__NodeProto *node) {
    gt_net_spec *net = &r->out->net;
    const Onnx__TensorProto *constant = other_operand(r, node);
    if (constant == NULL) return refuse(r, node, "adds something that is not a constant in the file");
    if (r->bias_open) {
        const size_t outputs = (size_t)net->size[net->n_layers];
        if (!is_row(constant, outputs)) return refuse(r, node, "has a bias that is not one 32-bit float an output");
        float *bias = r->out->weights + gt_net_n_parameters(net) - outputs;
        for (size_t o = 0; o < outputs; o++) bias[o] = float_at(constant, o);
        r->bias_open = false;
        return GT_OK;
    }
    const Onnx__TensorProto **offset = net->n_layers == 0 ? &r->input_offset : &r->output_offset;
    if (*offset != NULL) return refuse(r, node, "follows another one");
    *offset = constant;
    return GT_OK;
}

static gt_status read_mul(reader *r, const Onnx__NodeProto *node) {
    const bool before = r->out->net.n_layers == 0;
    const Onnx__TensorProto *constant = other_operand(r, node);
    if (constant == NULL) return refuse(r, node, "multiplies by something that is not a constant in the file");
    if ((before ? r->input_scale : r->output_scale) != NULL || (before ? r->input_offset : r->output_offset) != NULL)
        return refuse(r, node, "follows another one or an Add");
    *(before ? &r->input_scale : &r->output_scale) = constant;
    r->bias_open = false;
    return GT_OK;
}

static gt_status read_activation(reader *r, const Onnx__NodeProto *node, gt_activation activation) {
    gt_net_spec *net = &r->out->net;
    if (net->n_layers == 0 || r->activated || r->output_scale != NULL || r->output_offset != NULL)
        return refuse(r, node, "doesn't follow a layer");
    if (activation == GT_ELU && float_attribute(node, "alpha", 1) != 1) return refuse(r, node, "has an alpha other than 1");
    if (activation == GT_LEAKY_RELU) {
        const float slope = float_attribute(node, "alpha", 0.01f);
        if (r->slope_known && (float)net->leaky_slope != slope) return refuse(r, node, "has another alpha than the one before");
        char text[GT_NUMBER_CHARS];
        /* The double that a person would write for this float: 0.2, not 0.200000003. */
        if (!gt_number_parse_real(gt_number_format_float(slope, text), &net->leaky_slope)) net->leaky_slope = (double)slope;
        r->slope_known = true;
    }
    net->activation[net->n_layers - 1] = activation;
    r->activated = true;
    r->bias_open = false;
    return GT_OK;
}

static gt_status read_node(reader *r, const Onnx__NodeProto *node) {
    static const struct {
        const char *op_type;
        gt_activation activation;
    } activations[] = {
        {"Relu", GT_RELU}, {"LeakyRelu", GT_LEAKY_RELU}, {"Tanh", GT_TANH}, {"Sigmoid", GT_SIGMOID}, {"Elu", GT_ELU},
    };
    const char *op = text_of(node->op_type), *domain = text_of(node->domain);
    if (*domain != '\0' && strcmp(domain, "ai.onnx") != 0) return refuse(r, node, "is none of ONNX's own");
    bool in_chain = false;
    for (size_t i = 0; i < node->n_input; i++) in_chain |= strcmp(node->input[i], r->value) == 0;
    size_t index = 0;
    const size_t n = sizeof activations / sizeof *activations;
    while (index < n && strcmp(op, activations[index].op_type) != 0) index++;
    const bool gemm = strcmp(op, "Gemm") == 0, matmul = strcmp(op, "MatMul") == 0, add = strcmp(op, "Add") == 0,
               mul = strcmp(op, "Mul") == 0;
    if (!gemm && !matmul && !add && !mul && index == n) return refuse(r, node, "is none that gantry knows");
    if (!in_chain || node->n_output != 1) return refuse(r, node, "doesn't take what the node before it gives");
    if (gemm || matmul)
        GT_TRY(read_layer(r, node, gemm));
    else if (add)
        GT_TRY(read_add(r, node));
    else if (mul)
        GT_TRY(read_mul(r, node));
    else
        GT_TRY(read_activation(r, node, activations[index].activation));
    r->value = node->output[0];
    return GT_OK;
}

static gt_status resolve_row(const reader *r, const Onnx__TensorProto *tensor, int columns, float otherwise, float **out) {
    *out = malloc((size_t)columns * sizeof **out);
    if (*out == NULL) return gt_fail(GT_ERR_MEMORY, "no memory to read %s", r->path);
    const size_t n = tensor != NULL ? n_floats(tensor) : 0;
    if (tensor != NULL && n != 1 && !is_row(tensor, (size_t)columns))
        return gt_fail(GT_ERR_FILE, "%s: a Mul or Add by a constant that is not one 32-bit float a column", r->path);
    for (int i = 0; i < columns; i++) (*out)[i] = tensor == NULL ? otherwise : float_at(tensor, n == 1 ? 0 : (size_t)i);
    return GT_OK;
}

static gt_status resolve_map(const reader *r, const Onnx__TensorProto *scale, const Onnx__TensorProto *offset, int columns,
                             gt_net_map *out) {
    if (scale == NULL && offset == NULL) return GT_OK;
    GT_TRY(resolve_row(r, scale, columns, 1, &out->scale));
    return resolve_row(r, offset, columns, 0, &out->offset);
}

static gt_status read_graph(reader *r) {
    const Onnx__GraphProto *graph = r->graph;
    /* Before IR version 4 the initializers were inputs as well. */
    for (size_t i = 0; i < graph->n_input; i++) {
        const char *name = text_of(graph->input[i]->name);
        if (find_tensor(r, name) != NULL) continue;
        if (r->value != NULL) return gt_fail(GT_ERR_FILE, "%s has several inputs; gantry reads nets with one", r->path);
        r->value = name;
    }
    if (r->value == NULL || graph->n_output != 1)
        return gt_fail(GT_ERR_FILE, "%s has %zu outputs and %s input; gantry reads nets with one of each", r->path,
                       graph->n_output, r->value == NULL ? "no" : "one");
    for (size_t i = 0; i < graph->n_node; i++) GT_TRY(read_node(r, graph->node[i]));
    const gt_net_spec *net = &r->out->net;
    if (net->n_layers == 0) return gt_fail(GT_ERR_FILE, "%s has no dense layer (Gemm, or MatMul and Add)", r->path);
    if (strcmp(text_of(graph->output[0]->name), r->value) != 0)
        return gt_fail(GT_ERR_FILE, "%s: its output is not what its last node gives", r->path);
    GT_TRY(resolve_map(r, r->input_scale, r->input_offset, net->size[0], &r->out->input));
    GT_TRY(resolve_map(r, r->output_scale, r->output_offset, net->size[net->n_layers], &r->out->output));
    r->out->activations_known = true;
    return GT_OK;
}

/* From opset 7 on Add, Mul and Gemm broadcast as NumPy does. The operator sets are also the last thing in a file that is not
 * cut short. */
static gt_status check_opset(const char *path, const Onnx__ModelProto *model) {
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const char *domain = text_of(model->opset_import[i]->domain);
        if (*domain != '\0' && strcmp(domain, "ai.onnx") != 0) continue;
        if (model->opset_import[i]->version >= 7) return GT_OK;
        return gt_fail(GT_ERR_FILE, "%s asks for ONNX's operators of version %" PRId64 "; gantry reads those from 7 on", path,
                       model->opset_import[i]->version);
    }
    return gt_fail(GT_ERR_FILE, "%s is not an ONNX model, or cut short: it asks for no version of ONNX's operators", path);
}

gt_status gt_onnx_read(const char *path, gt_net_file *out) {
    char *data;
    size_t size;
    *out = (gt_net_file){0};
    GT_TRY(gt_file_read(path, GT_NET_FILE_MAX_BYTES, &data, &size));
    Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, size, (const uint8_t *)data);
    free(data);
    gt_status status;
    if (model == NULL || model->graph == NULL) {
        status = gt_fail(GT_ERR_FILE, "%s is not an ONNX model (nor Keras weights nor safetensors), or damaged", path);
    } else {
        reader r = {.path = path, .graph = model->graph, .out = out};
        status = check_opset(path, model);
        if (status == GT_OK) status = read_graph(&r);
    }
    if (model != NULL) onnx__model_proto__free_unpacked(model, NULL);
    if (status != GT_OK) gt_net_file_free(out);
    return status;
}

#else

static gt_status without(const char *path) {
    return gt_fail(GT_ERR_ARGUMENT,
                   "%s: this gantry was built without protobuf-c (libprotobuf-c-dev, protobuf-c-compiler), which ONNX needs",
                   path);
}

gt_status gt_onnx_write(const gt_net_file *file, const char *path) {
    (void)file;
    return without(path);
}

gt_status gt_onnx_read(const char *path, gt_net_file *out) {
    *out = (gt_net_file){0};
    return without(path);
}

#endif
