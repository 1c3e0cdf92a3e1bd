/* What the two files of the parser share. */
#ifndef QSPAN_CIRCUIT_QASM3_PARSE_H
#define QSPAN_CIRCUIT_QASM3_PARSE_H

#include "circuit/qasm3_internal.h"

enum status qasm3_new_node(struct qasm3 *p, struct qasm3_node **out, enum qasm3_node_kind kind);
/* One level deeper, or refused; the caller restores p->depth. */
enum status qasm3_enter(struct qasm3 *p);
enum status qasm3_current_symbol(struct qasm3 *p, uint32_t *out_sym);
/* "'foo': expected WHAT" */
enum status qasm3_refuse_token(struct qasm3 *p, const char *expected);
/* Expressions up to and with `end`. */
enum status qasm3_parse_list(struct qasm3 *p, struct qasm3_node **out_first, enum token_kind end,
                             const char *where);
enum status qasm3_parse_index(struct qasm3 *p, struct qasm3_node **out, struct qasm3_node *base);
enum status qasm3_parse_set(struct qasm3 *p, struct qasm3_node **out);   /* at '{' */
enum status qasm3_parse_range(struct qasm3 *p, struct qasm3_node **out); /* at '[' */
enum status qasm3_parse_type(struct qasm3 *p, struct qasm3_type *out);

#endif
