/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_http.h"

#include <openssl/err.h>
#include <openssl/httperr.h>
#include <stdbool.h>
#include <string.h>

/* What every such fault is. */
static const char otherwise[] = "what it sent is not an HTTP response that holds an OCSP response";

/* The status code in what libcrypto adds to its error, "code=404, reason=..."; 0 when there is
 * none. */
static int status_code(const char *data)
{
    const char *at = strstr(data, "code=");
    int code = 0, i;

    for (i = 0; at != NULL && i < 3 && at[5 + i] >= '0' && at[5 + i] <= '9'; i++)
        code = code * 10 + (at[5 + i] - '0');
    return i == 3 ? code : 0;
}

/* What the reason means; NULL when it adds nothing. */
static const char *detail_of(int reason, int code)
{
    switch (reason) {
    case HTTP_R_REDIRECTION_FROM_HTTPS_TO_HTTP:
    case HTTP_R_REDIRECTION_NOT_ENABLED:
        return "a redirect, which is not followed";
    case HTTP_R_UNEXPECTED_CONTENT_TYPE:
    case HTTP_R_MISSING_CONTENT_TYPE:
#ifdef HTTP_R_CONTENT_TYPE_MISMATCH /* OpenSSL 3.5 */
    case HTTP_R_CONTENT_TYPE_MISMATCH:
#endif
        return "its Content-Type is not application/ocsp-response";
    case HTTP_R_RECEIVED_ERROR:
    case HTTP_R_STATUS_CODE_UNSUPPORTED:
        return code == 404 ? "not found; the path may be wrong" : "no success";
    default:
        return NULL;
    }
}

static bool set_from(struct error *error, int reason, const char *data)
{
    int code = status_code(data);
    const char *detail = detail_of(reason, code);

    if (detail == NULL)
        return false;
    if (code != 0)
        error_set(error, ERROR_INPUT, "%s: HTTP status %d, %s", otherwise, code, detail);
    else
        error_set(error, ERROR_INPUT, "%s: %s", otherwise, detail);
    return true;
}

void ocsp_http_set_fault(struct error *error)
{
    const char *data = NULL;
    unsigned long number;
    bool found = false, any = false;
    int flags = 0;

    while ((number = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
        any = true;
        if (ERR_GET_REASON(number) == ERR_R_MALLOC_FAILURE) {
            error_set(error, ERROR_MEMORY, "out of memory");
            found = true;
        }
        if (!found && ERR_GET_LIB(number) == ERR_LIB_HTTP)
            found = set_from(error, ERR_GET_REASON(number),
                (flags & ERR_TXT_STRING) != 0 && data != NULL ? data : "");
    }
    /* A redirect with a Location leaves no error. */
    if (!any)
        (void)set_from(error, HTTP_R_REDIRECTION_NOT_ENABLED, "");
    else if (!found)
        error_set(error, ERROR_INPUT, "%s", otherwise);
}
