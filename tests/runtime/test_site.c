#include <criterion/criterion.h>

#include "runtime/site.h"
#include "support/messages.h"

static const struct src_loc nowhere = {0};

/* Every (static id, round, round) of a nest has a site of its own. */
Test(site, nested_rounds_have_their_own_sites) {
    enum { SITES = 3, OUTER = 4, INNER = 5 };
    bool seen[SITES * (OUTER * INNER + OUTER + 1)] = {false};
    struct site_walk walk;
    site_walk_init(&walk, SITES);
    cr_assert_eq(site_at(&walk, 2), 2u);
    cr_assert(site_push(&walk, OUTER, nowhere) == STATUS_OK);
    for (uint64_t i = 0;; i++) {
        cr_assert(site_push(&walk, INNER, nowhere) == STATUS_OK);
        for (uint64_t j = 0;; j++) {
            cr_assert_eq(site_round(&walk), j);
            const uint64_t site = site_at(&walk, 1);
            cr_assert_eq(site, 1 + SITES * (i * INNER + j));
            cr_assert(!seen[site]);
            seen[site] = true;
            if (j + 1 == INNER) {
                break;
            }
            cr_assert(site_next(&walk, nowhere) == STATUS_OK);
        }
        site_pop(&walk);
        cr_assert_eq(site_round(&walk), i);
        if (i + 1 == OUTER) {
            break;
        }
        cr_assert(site_next(&walk, nowhere) == STATUS_OK);
    }
    site_pop(&walk);
    cr_assert_eq(site_at(&walk, 0), 0u);
    site_walk_fini(&walk);
}

Test(site, too_many_rounds_are_refused) {
    struct site_walk walk;
    messages_keep();
    site_walk_init(&walk, 1000);
    cr_assert(site_push(&walk, UINT64_C(1) << 40, nowhere) == STATUS_OK);
    cr_assert(site_next(&walk, nowhere) == STATUS_OK);
    cr_assert(site_push(&walk, UINT64_C(1) << 54, nowhere) == STATUS_INPUT);
    cr_assert(site_push(&walk, UINT64_C(1) << 63, nowhere) == STATUS_INPUT);
    cr_assert(site_push(&walk, 1, nowhere) == STATUS_OK);
    cr_assert(site_next(&walk, nowhere) == STATUS_INPUT);
    cr_assert_eq(messages_count(), 3);
    site_walk_fini(&walk);
}
