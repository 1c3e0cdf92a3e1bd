/* The gate table: one record per named gate, and what follows from its unitary.
 *
 * Index convention everywhere: operand 0 is the least significant bit of a matrix index. Matrices
 * are row major, 2^k x 2^k, interleaved (re, im). Definitions are those of Qiskit's qelib1.inc
 * (OpenQASM 2) and stdgates.inc (OpenQASM 3), equal up to a global phase where the two differ. */
#ifndef QSPAN_GATE_GATE_H
#define QSPAN_GATE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

/* Parameters of a gate must be smaller than this in size, so that sums of them stay in the domain
 * of det_sincos. Files with larger angles are refused where they are read. */
#define GATE_MAX_ANGLE 0x1p28

enum {
    GATE_MAX_QUBITS = 5,
    GATE_MAX_PARAMS = 4,
    GATE_MAX_MATRIX = 2 * 32 * 32, /* doubles of a 5-qubit unitary */
};

/* Ordered as in the table; names in lower case are the OpenQASM names. */
enum gate_id {
    GATE_I,  /* id */
    GATE_U0, /* u0(n): identity of n cycles */
    GATE_X,
    GATE_Y,
    GATE_Z,
    GATE_H,
    GATE_S,
    GATE_SDG,
    GATE_T,
    GATE_TDG,
    GATE_SX,
    GATE_SXDG,
    GATE_RX,
    GATE_RY,
    GATE_RZ,
    GATE_P,
    GATE_U1, /* diag(1, e^{i lambda}) */
    GATE_U2, /* u2(phi, lambda) */
    GATE_U3,
    GATE_U, /* (theta, phi, lambda) */
    GATE_R, /* r(theta, phi) = exp(-i theta/2 (cos phi X + sin phi Y)) */
    GATE_CX,
    GATE_CY,
    GATE_CZ,
    GATE_CH,
    GATE_CSX,
    GATE_CS,
    GATE_CSDG,
    GATE_CRX,
    GATE_CRY,
    GATE_CRZ,
    GATE_CP,
    GATE_CU1,
    GATE_CU3,
    GATE_CU, /* operand 0 controls */
    GATE_SWAP,
    GATE_ISWAP,
    GATE_ISWAPDG,
    GATE_DCX, /* cx a,b; cx b,a */
    GATE_DCXDG,
    GATE_ECR,
    GATE_RXX,
    GATE_RYY,
    GATE_RZZ,
    GATE_RZX, /* exp(-i theta/2 P P); rzx: Z on operand 0, X on 1 */
    /* Stim's other Cliffords, with its matrices; C_XYZ takes X to Y to Z to X, N negates. */
    GATE_C_XYZ,
    GATE_C_ZYX,
    GATE_C_NXYZ,
    GATE_C_XNYZ,
    GATE_C_XYNZ,
    GATE_C_NZYX,
    GATE_C_ZNYX,
    GATE_C_ZYNX,
    GATE_H_XY,
    GATE_H_YZ,
    GATE_H_NXY,
    GATE_H_NXZ,
    GATE_H_NYZ,
    GATE_SY,   /* SQRT_Y */
    GATE_SYDG, /* SQRT_Y_DAG */
    GATE_XCX,
    GATE_XCY,
    GATE_YCY,
    GATE_CZSWAP,
    GATE_SXX,   /* SQRT_XX */
    GATE_SXXDG, /* SQRT_XX_DAG */
    GATE_SYY,   /* SQRT_YY */
    GATE_SYYDG, /* SQRT_YY_DAG */
    GATE_SZZ,   /* SQRT_ZZ */
    GATE_SZZDG, /* SQRT_ZZ_DAG */
    GATE_CCX,
    GATE_CCZ,
    GATE_CSWAP,
    GATE_RCCX,
    GATE_C3X,
    GATE_C3SX, /* named c3sqrtx, as in qelib1; alias c3sx */
    GATE_C3SXDG,
    GATE_RC3X,
    GATE_RC3XDG,
    GATE_C4X,
    GATE_COUNT,
    GATE_NONE = GATE_COUNT,
};

struct gate_info {
    const char *name;
    uint8_t n_qubits, n_params;
    /* Bit i: for all parameters the gate commutes with Z on operand i (a control, or diagonal). */
    uint8_t diagonal_mask;
    /* The gate is a Clifford for all parameters (it may be one for particular ones as well). */
    bool is_clifford;
    bool in_qelib1, in_stdgates; /* defined by Qiskit's qelib1.inc / by OpenQASM 3's stdgates.inc */
    /* Stabilizer flows of a Clifford without parameters, else NULL: what X on each operand becomes
     * under U P U^dagger, then what Z on each does; letters of operand 0 first, - for the sign:
     * "XX IX ZI ZZ". */
    const char *flows;
    const char *help; /* one line with the formula */
    /* OpenQASM text (2 and 3) of a definition, for headers (qnu.inc) and for splitting:
     * "gate ccx a,b,c { h c; cx b,c; ... }". Uses only one- and two-qubit gates that both
     * qelib1.inc and stdgates.inc define; equal to the unitary up to a global phase. NULL for u3
     * and cx alone. */
    const char *definition;
};

const struct gate_info *gate_get(enum gate_id gate);
/* GATE_NONE when unknown. Other spellings map to their gate: those of the two standards (U, CX,
 * phase, cphase) and Qiskit's c3sx. Cost: a binary search. */
enum gate_id gate_find(const char *name);

/* out: 2 * 4^k doubles. det_sincos only: equal on all ranks. |params| < GATE_MAX_ANGLE. */
void gate_unitary(double *out_matrix, enum gate_id gate, const double *params);
/* The inverse as one gate of the table (all gates have one; parameters adapted). */
void gate_inverse(enum gate_id *out_gate, double *out_params, enum gate_id gate,
                  const double *params);
/* The gate commutes with Z on `operand` for these parameters: all entries of the unitary between
 * indices that differ in that bit are below 1e-15 (det_sincos is exact at multiples of pi/2, so
 * rx(2 pi) passes and rx(2 pi + 1e-14) does not). */
bool gate_is_diagonal_on(enum gate_id gate, const double *params, unsigned operand);

struct op_list;
struct src_loc;
/* Appends the gate on `qubits` as CX and one-qubit gates (H, T, P ...) to `out`: gates of three and
 * more qubits, and two-qubit gates that are diagonal on no operand (swap, iswap, dcx, ecr, rxx,
 * ryy). Equal to the gate up to a global phase. */
enum status gate_decompose(struct op_list *out, enum gate_id gate, const double *params,
                           const uint32_t *qubits, struct src_loc loc);
/* Appends the definition as OpenQASM text, wrapped to 100 columns: for gates that are not in
 * stdgates.inc (OpenQASM 3) or not in qelib1.inc (OpenQASM 2). STATUS_NOFIT without memory. */
enum status gate_print_definition(struct text *out, enum gate_id gate);

#endif
