/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_url.h"

#include <criterion/criterion.h>
#include <string.h>

Test(ocsp_url, addresses_are_read)
{
    static const struct {
        const char *words, *host, *port, *path;
    } rows[] = {
        {"http://ocsp.example.org", "ocsp.example.org", "80", "/"},
        {"http://ocsp.example.org/", "ocsp.example.org", "80", "/"},
        {"HTTP://Ocsp.Example.org:8080/a/b?c=d&e", "Ocsp.Example.org", "8080", "/a/b?c=d&e"},
        {"http://192.0.2.1:1/", "192.0.2.1", "1", "/"},
        {"http://[2001:db8::1]:65535/x", "2001:db8::1", "65535", "/x"},
        {"http://[::ffff:192.0.2.1]", "::ffff:192.0.2.1", "80", "/"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ocsp_url url;

        cr_assert(ocsp_url_read(rows[i].words, strlen(rows[i].words), &url), "%s", rows[i].words);
        cr_expect_str_eq(url.host, rows[i].host, "%s: %s", rows[i].words, url.host);
        cr_expect_str_eq(url.port, rows[i].port, "%s: %s", rows[i].words, url.port);
        cr_expect_str_eq(url.path, rows[i].path, "%s: %s", rows[i].words, url.path);
    }
}

Test(ocsp_url, what_is_no_plain_http_address_is_refused)
{
    static const char *const words[] = {"", "http", "http:/a", "http://", "http:///x", "https://a/",
        "ftp://a/", "//a/", "a", "a/b", "ldap://a/", "http://user@a/", "http://user:word@a/",
        "http://a#b", "http://a/#b", "http://a:/", "http://a:0/", "http://a:080/",
        "http://a:65536/", "http://a:99999/", "http://a:123456/", "http://a:x/", "http://a:-1/",
        "http://a:80x/", "http://a?b", "http://a b/", "http://a/ b", "http://a/\tb",
        "http://a/\r\nX: y", "http://a/\x7f", "http://a/\xc3\xa4", "http://[::1", "http://[]/",
        "http://[a.b-c]/", "http://[::1]x/", "http://a\\b/", "http://a/<b>", "http://a/\"",
        "http://a%41/", " http://a/"};
    static const char with_nul[] = "http://a/\0b";
    char longest[OCSP_URL_MAX + 1];
    struct ocsp_url url;
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        cr_expect_not(ocsp_url_read(words[i], strlen(words[i]), &url), "%s", words[i]);
    cr_expect_not(ocsp_url_read(with_nul, sizeof(with_nul) - 1, &url));
    memset(longest, 'a', sizeof(longest));
    memcpy(longest, "http://", 7);
    cr_expect(ocsp_url_read(longest, OCSP_URL_MAX - 1, &url));
    cr_expect_not(ocsp_url_read(longest, OCSP_URL_MAX, &url));
    longest[8] = '/';
    cr_expect(ocsp_url_read(longest, OCSP_URL_MAX - 1, &url));
    cr_expect_eq(strlen(url.path), OCSP_URL_MAX - 1 - 8);
}

Test(ocsp_url, only_a_host_and_port_on_the_list_are_allowed)
{
    char one[] = "ocsp.example.org", two[] = "192.0.2.1:8080", three[] = "[2001:db8::1]:81";
    char *items[] = {one, two, three};
    const struct list allowed = {items, sizeof(items) / sizeof(items[0])};
    static const struct {
        const char *words;
        bool allowed;
        size_t number;
    } rows[] = {
        {"http://ocsp.example.org/", true, 0},
        {"http://OCSP.example.ORG:80/any", true, 0},
        {"http://ocsp.example.org:81/", false, 0},
        {"http://ocsp.example.org.evil.example/", false, 0},
        {"http://evil.example/ocsp.example.org", false, 0},
        {"http://example.org/", false, 0},
        {"http://xocsp.example.org/", false, 0},
        {"http://192.0.2.1:8080/", true, 1},
        {"http://192.0.2.1/", false, 0},
        {"http://192.0.2.1:80801/", false, 0},
        {"http://[2001:db8::1]:81/", true, 2},
        {"http://[2001:db8::1]/", false, 0},
        {"http://localhost/", false, 0},
    };
    const struct list none = {NULL, 0};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ocsp_url url;
        size_t number = 0;

        if (!ocsp_url_read(rows[i].words, strlen(rows[i].words), &url)) {
            cr_expect_not(rows[i].allowed, "%s", rows[i].words);
            continue;
        }
        cr_expect_eq(
            ocsp_url_is_allowed(&url, &allowed, &number), rows[i].allowed, "%s", rows[i].words);
        cr_expect_eq(number, rows[i].number, "%s", rows[i].words);
        cr_expect_not(ocsp_url_is_allowed(&url, &none, &number), "%s", rows[i].words);
    }
    for (i = 0; i < sizeof(items) / sizeof(items[0]); i++)
        cr_expect(ocsp_url_check_allowed(items[i]), "%s", items[i]);
    cr_expect_not(ocsp_url_check_allowed("http://a/") || ocsp_url_check_allowed("a/") ||
                  ocsp_url_check_allowed("*") || ocsp_url_check_allowed("a:b") ||
                  ocsp_url_check_allowed("") || ocsp_url_check_allowed("2001:db8::1"));
}
