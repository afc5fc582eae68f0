/* SPDX-License-Identifier: ISC */
#include "service/address.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static bool write_for(const char *host, const char *uri, char address[ADDRESS_SIZE])
{
    char host_parameter[600], uri_parameter[600];
    char *parameters[3] = {NULL};
    size_t count = 0;
    struct request request = {.parameters = parameters};

    (void)snprintf(
        host_parameter, sizeof(host_parameter), "HTTP_HOST=%s", host != NULL ? host : "");
    (void)snprintf(uri_parameter, sizeof(uri_parameter), "REQUEST_URI=%s", uri != NULL ? uri : "");
    if (host != NULL)
        parameters[count++] = host_parameter;
    if (uri != NULL)
        parameters[count++] = uri_parameter;
    return address_write(&request, address);
}

Test(address, is_what_the_client_asked_for_without_its_query)
{
    static const struct {
        const char *host, *uri, *wanted;
    } rows[] = {
        {"example.org", "/peercert", "https://example.org/peercert"},
        {"localhost:8443", "/", "https://localhost:8443/"},
        {"127.0.0.1:8443", "/a/b-c_d.e~f%20g?format=html&x='", NULL},
        {"127.0.0.1:8443", "/a/b-c_d.e%20g?format=html&x='",
            "https://127.0.0.1:8443/a/b-c_d.e%20g"},
        {NULL, "/", NULL},
        {"a", NULL, NULL},
        {"", "/", NULL},
        {"a", "", NULL},
        {"a", "x", NULL},
        {"a", "https://b/", NULL},
        {"a b", "/", NULL},
        {"a;reboot", "/", NULL},
        {"a$(reboot)", "/", NULL},
        {"a`x`", "/", NULL},
        {"[::1]:8443", "/", NULL},
        {"user@a", "/", NULL},
        {"a/b", "/", NULL},
        {"a<b", "/", NULL},
        {"j\xc3\xb6", "/", NULL},
        {"a", "/'", NULL},
        {"a", "/x;y", NULL},
        {"a", "/<b>", NULL},
        {"a", "/a b", NULL},
        {"a", "/x\n", NULL},
        {"a", "/{1..9}", NULL},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char address[ADDRESS_SIZE] = "";
        bool written = write_for(rows[i].host, rows[i].uri, address);

        cr_expect_eq(written, rows[i].wanted != NULL, "row %zu: %s", i, address);
        if (written && rows[i].wanted != NULL)
            cr_expect_str_eq(address, rows[i].wanted, "row %zu: %s", i, address);
    }
}

Test(address, without_a_host_header_the_server_is_named)
{
    static char name[] = "SERVER_NAME=example.org", port[] = "SERVER_PORT=8443",
                usual[] = "SERVER_PORT=443", script[] = "SCRIPT_NAME=/peercert",
                uri[] = "REQUEST_URI=/other?x", host[] = "HTTP_HOST=a";
    static const struct {
        char *parameters[6];
        const char *wanted;
    } rows[] = {
        {{name, port, script, NULL}, "https://example.org:8443/peercert"},
        {{name, usual, script, NULL}, "https://example.org/peercert"},
        {{name, script, NULL}, "https://example.org/peercert"},
        {{name, port, script, uri, NULL}, "https://example.org:8443/other"},
        {{name, port, script, host, NULL}, "https://a/peercert"},
        {{port, script, NULL}, NULL},
        {{name, port, NULL}, NULL},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct request request = {.parameters = rows[i].parameters};
        char address[ADDRESS_SIZE] = "";
        bool written = address_write(&request, address);

        cr_expect_eq(written, rows[i].wanted != NULL, "row %zu: %s", i, address);
        if (written && rows[i].wanted != NULL)
            cr_expect_str_eq(address, rows[i].wanted, "row %zu: %s", i, address);
    }
}

Test(address, one_that_does_not_fit_is_none)
{
    char path[400], address[ADDRESS_SIZE];
    size_t length;

    for (length = 1; length < sizeof(path); length++) {
        memset(path, 'a', length);
        path[0] = '/';
        path[length] = '\0';
        cr_expect_eq(write_for("h", path, address), strlen("https://h") + length < ADDRESS_SIZE,
            "%zu characters", length);
    }
}
