/* Reads configuration files through libyaml's events: a document, a mapping, and pairs of scalars in it. */
#include "io/config.h"

#include "core/status.h"
#include "io/file.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define MAX_BYTES (1 << 20)
#define EXAMPLE   "a config holds lines such as \"batch: 128\""

typedef struct {
    const char *path;
    yaml_parser_t parser;
    yaml_event_t event;
} reader;

/* The next event, in place of the one before. */
static gt_status next(reader *r) {
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event)) return GT_OK;
    return gt_fail(GT_ERR_FILE, "%s:%zu: damaged YAML: %s; " EXAMPLE, r->path, r->parser.problem_mark.line + 1,
                   r->parser.problem != NULL ? r->parser.problem : "unknown problem");
}

static int line_of(const reader *r) { return (int)r->event.start_mark.line + 1; }

/* Takes a copy of the scalar at hand. */
static gt_status take_scalar(const reader *r, char **out) {
    *out = NULL;
    if (r->event.type != YAML_SCALAR_EVENT) return GT_OK;
    const char *text = (const char *)r->event.data.scalar.value;
    if (strlen(text) != r->event.data.scalar.length)
        return gt_fail(GT_ERR_FILE, "%s:%d: damaged YAML: a NUL in a value; " EXAMPLE, r->path, line_of(r));
    *out = strdup(text);
    return *out != NULL ? GT_OK : gt_fail(GT_ERR_MEMORY, "%s: out of memory", r->path);
}

static gt_status read_entry(reader *r, gt_config *config) {
    gt_config_entry *entries = realloc(config->entries, (config->n_entries + 1) * sizeof *entries);
    if (entries == NULL) return gt_fail(GT_ERR_MEMORY, "%s: out of memory", r->path);
    config->entries = entries;
    gt_config_entry *entry = &entries[config->n_entries++];
    *entry = (gt_config_entry){.line = line_of(r)};

    GT_TRY(take_scalar(r, &entry->key));
    if (entry->key == NULL)
        return gt_fail(GT_ERR_ARGUMENT, "%s:%d: a key that is no plain word; " EXAMPLE, r->path, entry->line);
    for (size_t i = 0; i + 1 < config->n_entries; i++)
        if (strcmp(entries[i].key, entry->key) == 0)
            return gt_fail(GT_ERR_ARGUMENT, "%s:%d: \"%s\" is given twice (first in line %d); leave one", r->path, entry->line,
                           entry->key, entries[i].line);
    GT_TRY(next(r));
    GT_TRY(take_scalar(r, &entry->value));
    if (entry->value == NULL)
        return gt_fail(GT_ERR_ARGUMENT, "%s:%d: \"%s\" has a nested value; each key takes one number or word", r->path,
                       entry->line, entry->key);
    return GT_OK;
}

static gt_status read_document(reader *r, gt_config *config) {
    GT_TRY(next(r)); /* stream start */
    GT_TRY(next(r));
    if (r->event.type == YAML_STREAM_END_EVENT) return gt_fail(GT_ERR_FILE, "%s: empty; " EXAMPLE, r->path);
    GT_TRY(next(r));
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return gt_fail(GT_ERR_FILE, "%s:%d: not a list of settings; " EXAMPLE, r->path, line_of(r));
    GT_TRY(next(r));
    while (r->event.type != YAML_MAPPING_END_EVENT) {
        GT_TRY(read_entry(r, config));
        GT_TRY(next(r));
    }
    GT_TRY(next(r)); /* document end */
    GT_TRY(next(r));
    if (r->event.type != YAML_STREAM_END_EVENT)
        return gt_fail(GT_ERR_FILE, "%s:%d: a second document; a config has one", r->path, line_of(r));
    return GT_OK;
}

gt_status gt_config_read(const char *path, gt_config *out) {
    *out = (gt_config){0};
    char *text;
    size_t size;
    GT_TRY(gt_file_read(path, MAX_BYTES, &text, &size));

    reader r = {.path = path};
    gt_status status = GT_ERR_MEMORY;
    if (!yaml_parser_initialize(&r.parser)) {
        gt_fail(status, "%s: out of memory", path);
    } else {
        yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, size);
        status = read_document(&r, out);
        yaml_event_delete(&r.event);
        yaml_parser_delete(&r.parser);
    }
    free(text);
    if (status != GT_OK) gt_config_free(out);
    return status;
}

void gt_config_free(gt_config *config) {
    for (size_t i = 0; i < config->n_entries; i++) {
        free(config->entries[i].key);
        free(config->entries[i].value);
    }
    free(config->entries);
    *config = (gt_config){0};
}
