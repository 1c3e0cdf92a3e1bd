#include "program/exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "program/order.h"

struct exchange {
    const struct program *program;
    exchange_finding *find;
    void *ctx;
    bool *is_explicit; /* by bit */
    bool *is_received; /* by op: a RECV that a message is for */
    uint64_t n_sent;
    bool has_findings;
    bool has_cycle; /* who has received what is then unknown */
};

static void find_at(struct exchange *exchange, size_t op, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void find_at(struct exchange *exchange, size_t op, const char *fmt, ...) {
    char message[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    exchange->has_findings = true;
    exchange->find(exchange->ctx, program_loc(exchange->program, &exchange->program->ops.ops[op]),
                   message);
}

static const char *qpu_name(const struct exchange *exchange, uint32_t qpu) {
    return exchange->program->qpus[qpu].name;
}

/* ---- one send ---- */

/* The op that wrote the bit last before `at`, in the order of ops; SIZE_MAX: none. */
static size_t last_write(const struct op_list *ops, uint32_t bit, size_t at) {
    for (size_t i = at; i-- > 0;) {
        const struct op *op = &ops->ops[i];
        if ((op->kind == OP_MEASURE || op->kind == OP_ASSIGN) && op->bit == bit) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void check_send(struct exchange *exchange, size_t at) {
    const struct op_list *ops = &exchange->program->ops;
    const struct op *op = &ops->ops[at];
    const size_t write = last_write(ops, op->bit, at);
    char name[256];
    program_bit_name(exchange->program, op->bit, name, sizeof name);
    if (op->arg == op->qpu) {
        find_at(exchange, at, "QPU %s sends bit %s to itself", qpu_name(exchange, op->qpu), name);
    } else if (write != SIZE_MAX && ops->ops[write].qpu != op->qpu) {
        find_at(exchange, at, "QPU %s sends bit %s, which is born at QPU %s (line %u)",
                qpu_name(exchange, op->qpu), name, qpu_name(exchange, ops->ops[write].qpu),
                ops->ops[write].line);
    }
}

/* ---- pairs ---- */

static void check_lonely(struct exchange *exchange, const struct order_pair *pair) {
    const struct op_list *ops = &exchange->program->ops;
    char name[256];
    program_bit_name(exchange->program, pair->bit, name, sizeof name);
    if (pair->receive == ORDER_NONE) {
        find_at(exchange, pair->send,
                "bit %s is sent to QPU %s, which does not receive it in this block", name,
                qpu_name(exchange, pair->to));
    } else {
        find_at(exchange, pair->receive,
                "QPU %s waits for bit %s, which nobody sends to it in this block",
                qpu_name(exchange, ops->ops[pair->receive].qpu), name);
    }
}

/* A send that stands before its receive, as the ops are ordered: what is received is what was sent.
 */
static void check_value(struct exchange *exchange, const struct order_pair *pair) {
    const struct op_list *ops = &exchange->program->ops;
    for (size_t i = pair->send + 1; i < pair->receive; i++) {
        const struct op *op = &ops->ops[i];
        if ((op->kind == OP_MEASURE || op->kind == OP_ASSIGN) && op->bit == pair->bit) {
            char name[256];
            program_bit_name(exchange->program, pair->bit, name, sizeof name);
            find_at(exchange, i,
                    "bit %s is written between its send (line %u) and its receive "
                    "(line %u): use another bit",
                    name, ops->ops[pair->send].line, ops->ops[pair->receive].line);
            return;
        }
    }
}

static enum status report_cycle(struct exchange *exchange, const struct order_pair *pair) {
    struct text text = {0};
    struct src_loc loc;
    enum status status = order_describe_cycle(&text, &loc, exchange->program);
    if (status == STATUS_OK && text.n > 0) {
        char message[512];
        snprintf(message, sizeof message, "wait-for cycle: %s", text.data);
        exchange->has_cycle = true;
        exchange->has_findings = true;
        exchange->find(exchange->ctx, loc, message);
    } else if (status == STATUS_OK) {
        find_at(exchange, pair->receive, "a receive before its send, of line %u",
                exchange->program->ops.ops[pair->send].line);
    }
    text_fini(&text);
    return status;
}

static enum status check_body(struct exchange *exchange, size_t first, size_t last, bool is_top) {
    struct order_pair *pairs = NULL;
    size_t n;
    bool has_cycle = false;
    TRY(order_find_pairs(&pairs, &n, exchange->program, first, last));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        const struct order_pair *pair = &pairs[i];
        if (pair->send == ORDER_NONE || pair->receive == ORDER_NONE) {
            check_lonely(exchange, pair);
        } else if (pair->send < pair->receive) {
            check_value(exchange, pair);
        } else if (!is_top) {
            find_at(exchange, pair->receive,
                    "in a block, a send must stand before its receive: this one is in line %u",
                    exchange->program->ops.ops[pair->send].line);
        } else if (!has_cycle) {
            has_cycle = true;
            status = report_cycle(exchange, pair);
        }
    }
    mem_free(pairs);
    return status;
}

static enum status check_bodies(struct exchange *exchange) {
    const struct op_list *ops = &exchange->program->ops;
    TRY(check_body(exchange, 0, ops->n_ops, true));
    for (size_t i = 0; i < ops->n_ops; i++) {
        const enum op_kind kind = (enum op_kind)ops->ops[i].kind;
        if (kind == OP_IF || kind == OP_ELSE || kind == OP_WHILE || kind == OP_REPEAT) {
            TRY(check_body(exchange, i + 1, ops->ops[i].match, false));
        }
    }
    return STATUS_OK;
}

/* ---- uses ---- */

static void note_message(void *ctx, size_t op_index, uint32_t bit, uint32_t from_qpu,
                         uint32_t to_qpu) {
    struct exchange *exchange = ctx;
    const struct op *op = &exchange->program->ops.ops[op_index];
    char name[256];
    (void)from_qpu;
    exchange->n_sent++;
    if (!exchange->is_explicit) {
        return;
    }
    if (op->kind == OP_RECV) {
        exchange->is_received[op_index] = true;
    } else if (exchange->is_explicit[bit] && !exchange->has_cycle) {
        find_at(exchange, op_index,
                "QPU %s uses bit %s without recv_bit: a bit that is sent explicitly does not "
                "travel by itself",
                qpu_name(exchange, to_qpu),
                program_bit_name(exchange->program, bit, name, sizeof name));
    }
}

static void check_received(struct exchange *exchange) {
    for (size_t i = 0; i < exchange->program->ops.n_ops; i++) {
        const struct op *op = &exchange->program->ops.ops[i];
        char name[256];
        if (op->kind == OP_RECV && !exchange->is_received[i]) {
            find_at(exchange, i, "QPU %s receives bit %s, which it has already",
                    qpu_name(exchange, op->qpu),
                    program_bit_name(exchange->program, op->bit, name, sizeof name));
        }
    }
}

static enum status check_all(struct exchange *exchange) {
    const struct program *program = exchange->program;
    exchange->is_explicit = mem_alloc(program->n_bits, sizeof *exchange->is_explicit);
    exchange->is_received = mem_alloc(program->ops.n_ops, sizeof *exchange->is_received);
    if (!exchange->is_explicit || !exchange->is_received) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        const struct op *op = &program->ops.ops[i];
        if (op->kind == OP_SEND || op->kind == OP_RECV) {
            exchange->is_explicit[op->bit] = true;
        }
    }
    TRY(check_bodies(exchange));
    for (size_t i = 0; i < program->ops.n_ops && !exchange->has_findings; i++) {
        if (program->ops.ops[i].kind == OP_SEND) {
            check_send(exchange, i);
        }
    }
    TRY(program_visit_messages(program, note_message, exchange));
    if (!exchange->has_findings) {
        check_received(exchange);
    }
    return STATUS_OK;
}

enum status exchange_check(uint64_t *out_n_sent, const struct program *program,
                           exchange_finding *find, void *ctx) {
    struct exchange exchange = {.program = program, .find = find, .ctx = ctx};
    bool has_any = false;
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        has_any |= program->ops.ops[i].kind == OP_SEND || program->ops.ops[i].kind == OP_RECV;
    }
    enum status status =
        has_any ? check_all(&exchange) : program_visit_messages(program, note_message, &exchange);
    mem_free(exchange.is_explicit);
    mem_free(exchange.is_received);
    *out_n_sent = exchange.n_sent;
    return status;
}
