/* Values of machine files and preset options: text to number, with the reason when it is none. */
#ifndef QSPAN_MACHINE_VALUE_H
#define QSPAN_MACHINE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum { MACHINE_MAX_QPUS = 1 << 20, MACHINE_MAX_NAME = 64 };

/* All return STATUS_INPUT with *out_why (static text) and log nothing. */

/* Digits only, from 0 to 2^32 - 2. */
enum status machine_parse_count(uint32_t *out_n, const char **out_why, const char *text);
/* As machine_parse_count, or "unlimited" for MACHINE_UNLIMITED. */
enum status machine_parse_comm(uint32_t *out_n, const char **out_why, const char *text);
/* A number of QPUs: 1 to MACHINE_MAX_QPUS. */
enum status machine_parse_qpu_count(uint32_t *out_n, const char **out_why, const char *text);
/* A decimal number in [0, 1]; no unit. */
enum status machine_parse_probability(double *out_p, const char **out_why, const char *text);
/* A decimal number in [1/4, 1]: a Bell pair is fully mixed at 1/4. */
enum status machine_parse_fidelity(double *out_fidelity, const char **out_why, const char *text);

/* out[0] = F, the others (1 - F)/3. */
void machine_werner_weights(double out_weights[4], double fidelity);
/* Letters, digits and _, starting with a letter, at most MACHINE_MAX_NAME bytes. */
bool machine_is_qpu_name(const char *name);

#endif
