/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_http.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/httperr.h>
#include <string.h>

static void expect_fault(enum error_kind kind, const char *words)
{
    struct error error = {0};

    ocsp_http_set_fault(&error);
    cr_expect_eq(error.kind, kind, "kind %d", error.kind);
    cr_expect_not_null(
        strstr(error.text, words), "expected \"%s\", came \"%s\"", words, error.text);
    cr_expect_eq(ERR_peek_error(), 0);
}

Test(ocsp_http, the_status_and_what_is_wrong_are_told)
{
    ERR_raise_data(ERR_LIB_HTTP, HTTP_R_RECEIVED_ERROR, "code=%s", "404, reason=Not Found");
    expect_fault(ERROR_INPUT, "HTTP status 404, not found; the path may be wrong");
    ERR_raise_data(ERR_LIB_HTTP, HTTP_R_STATUS_CODE_UNSUPPORTED, "code=%s", "500");
    expect_fault(ERROR_INPUT, "HTTP status 500, no success");
    ERR_raise(ERR_LIB_HTTP, HTTP_R_UNEXPECTED_CONTENT_TYPE);
    expect_fault(ERROR_INPUT, "its Content-Type is not application/ocsp-response");
    ERR_raise_data(ERR_LIB_HTTP, HTTP_R_REDIRECTION_NOT_ENABLED, "code=%s", "302");
    expect_fault(ERROR_INPUT, "HTTP status 302, a redirect, which is not followed");
}

Test(ocsp_http, a_redirect_leaves_no_error_and_others_add_no_detail)
{
    expect_fault(ERROR_INPUT, "a redirect, which is not followed");
    ERR_raise(ERR_LIB_HTTP, HTTP_R_ERROR_PARSING_CONTENT_LENGTH);
    expect_fault(ERROR_INPUT, "what it sent is not an HTTP response that holds an OCSP response");
}

Test(ocsp_http, want_of_memory_is_told_whatever_else_happened)
{
    ERR_raise(ERR_LIB_HTTP, HTTP_R_UNEXPECTED_CONTENT_TYPE);
    ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
    expect_fault(ERROR_MEMORY, "out of memory");
}
