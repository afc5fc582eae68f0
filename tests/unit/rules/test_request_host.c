/* SPDX-License-Identifier: ISC */
#include "rules/request_host.h"

#include <criterion/criterion.h>

Test(request_host, a_host_is_compared_without_case_port_and_final_dot)
{
    static const struct {
        const char *field, *wanted; /* NULL: no host */
    } rows[] = {{"a.example", "a.example"}, {"AZ09az.Example", "az09az.example"},
        {"a.example:443", "a.example"}, {"a.example:65535", "a.example"},
        {"a.example.", "a.example"}, {"a.example.:443", "a.example"}, {"a.example:", "a.example"},
        {"a_b-c.example", "a_b-c.example"}, {"192.0.2.1:80", "192.0.2.1"}, {"[::1]", "[::1]"},
        {"[2001:DB8::1]:443", "[2001:db8::1]"}, {"", NULL}, {".", NULL}, {"a..b", NULL},
        {".a", NULL}, {"a..", NULL}, {"a b", NULL}, {"a/b", NULL}, {"a@b", NULL}, {"a,b", NULL},
        {"a:80:80", NULL}, {"a:8x", NULL}, {"a:123456", NULL}, {"[::1", NULL}, {"[]", NULL},
        {"[", NULL}, {"{", NULL}, {"a{", NULL}, {"a`", NULL}, {"a:", "a"}, {"a^", NULL},
        {"a;", NULL}, {"[:]", NULL}, {"[2001:0db8:0:0::1]", "[2001:db8::1]"},
        {"[::FFFF:192.0.2.1]", "[::ffff:192.0.2.1]"}, {"[1:2]", NULL}, {"[::1%1]", NULL},
        {"[x]", NULL}, {"[", NULL}, {"[::1]x", NULL}, {"[::1].", NULL}, {"a\xc3\xb6", NULL},
        {"a%2e", NULL}, {"a\n", NULL}};
    char host[REQUEST_HOST_SIZE], field[REQUEST_HOST_SIZE + 1];
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool good = request_host_read(rows[i].field, host);

        cr_assert_eq(good, rows[i].wanted != NULL, "%s", rows[i].field);
        if (good)
            cr_expect_str_eq(host, rows[i].wanted);
    }
    memset(field, 'a', REQUEST_HOST_SIZE);
    field[REQUEST_HOST_SIZE] = '\0';
    cr_expect_not(request_host_read(field, host));
    field[REQUEST_HOST_SIZE - 1] = '\0';
    cr_expect(request_host_read(field, host));
}
