/* private to the CLI. Texts of flags that stand for more than one number or word of a gt_spec: parse and format of a gt_option
 * of kind PARSED (options.h). */
#ifndef GT_CLI_SPEC_FLAGS_H
#define GT_CLI_SPEC_FLAGS_H

#include "cli/options.h"
#include "gantry/gantry.h"

/* Members are gt_net_spec. Sizes: "5-15-2" with the ends, or "25,25" of the hidden layers alone; all hidden layers get the
 * activation of the first, the output layer keeps its own. */
int gt_sizes_parse(const char *text, void *member, char **complaint);
const char *gt_sizes_format(const void *member, char text[GT_OPTION_CHARS]);
int gt_hidden_parse(const char *text, void *member, char **complaint);
const char *gt_hidden_format(const void *member, char text[GT_OPTION_CHARS]);

/* Activations of the hidden layers: one name for all, or one a layer, "relu,leaky_relu:0.1"; and that of the output layer. */
int gt_activations_parse(const char *text, void *member, char **complaint);
const char *gt_activations_format(const void *member, char text[GT_OPTION_CHARS]);
int gt_output_parse(const char *text, void *member, char **complaint);
const char *gt_output_format(const void *member, char text[GT_OPTION_CHARS]);

/* Members are gt_spec. A target: its name, or an expression of x; the ends of the nets follow its columns. */
int gt_target_parse(const char *text, void *member, char **complaint);
const char *gt_target_format(const void *member, char text[GT_OPTION_CHARS]);

/* "A:B", of a function; "name=value,name=value". */
int gt_domain_parse(const char *text, void *member, char **complaint);
const char *gt_domain_format(const void *member, char text[GT_OPTION_CHARS]);
int gt_parameters_parse(const char *text, void *member, char **complaint);
const char *gt_parameters_format(const void *member, char text[GT_OPTION_CHARS]);

/* The last layer of G and the first of D get the target's columns. */
void gt_target_fit_nets(gt_spec *spec);

/* The member is gt_spec_settings (cli/spec_settings.h): a file of points, or images. */
int gt_data_parse(const char *text, void *member, char **complaint);
const char *gt_data_format(const void *member, char text[GT_OPTION_CHARS]);

/* Members are gt_spec. A choice that resets what only another choice has: labels and clipping of losses, the length of a decay.
 */
int gt_loss_parse(const char *text, void *member, char **complaint);
const char *gt_loss_format(const void *member, char text[GT_OPTION_CHARS]);
int gt_decay_parse(const char *text, void *member, char **complaint);
const char *gt_decay_format(const void *member, char text[GT_OPTION_CHARS]);

#endif
