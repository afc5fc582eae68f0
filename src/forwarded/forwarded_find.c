/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded_find.h"
#include "forwarded/forwarded_encodings.h"

#include <stdio.h>
#include <string.h>

const char forwarded_find_certificate_name[] = "SSL_CLIENT_CERT";
const char forwarded_find_chain_name[] = "SSL_CLIENT_CERT_CHAIN";
const char forwarded_find_verify_name[] = "SSL_CLIENT_VERIFY";

const char *forwarded_find_value_of(const char *parameter, const char *name)
{
    size_t length = strlen(name);

    return strncmp(parameter, name, length) == 0 && parameter[length] == '='
               ? parameter + length + 1
               : NULL;
}

bool forwarded_find_is_blank(const char *value)
{
    return encoding_is_nothing(value, strlen(value));
}

static bool note(struct forwarded_parameter *found, const char *parameter, const char *name)
{
    const char *value = forwarded_find_value_of(parameter, name);

    if (value != NULL && found->count++ == 0)
        found->value = value;
    return value != NULL;
}

/* SSL_CLIENT_CERT_CHAIN_n: decimal digits without needless zeros, as Apache counts. */
static void note_numbered(struct forwarded_parameters *findings, const char *parameter)
{
    const size_t prefix = sizeof(forwarded_find_chain_name) - 1;
    size_t number = 0, digits, i;
    const char *at;

    if (strncmp(parameter, forwarded_find_chain_name, prefix) != 0 || parameter[prefix] != '_')
        return;
    at = parameter + prefix + 1;
    digits = strspn(at, "0123456789");
    if (digits == 0 || at[digits] != '=' || (digits > 1 && at[0] == '0'))
        return;
    for (i = 0; i < digits && number < CERTIFICATE_MAX_CHAIN; i++)
        number = number * 10 + (size_t)(at[i] - '0');
    if (number < CERTIFICATE_MAX_CHAIN) {
        if (findings->numbered[number].count++ == 0)
            findings->numbered[number].value = at + digits + 1;
    } else if (!forwarded_find_is_blank(at + digits + 1)) {
        findings->numbered_too_high = true;
    }
}

void forwarded_find_parameters(char *const *parameters, const struct forwarded_options *options,
    struct forwarded_parameters *findings)
{
    size_t i;

    for (; *parameters != NULL; parameters++) {
        if (strncmp(*parameters, "SSL_CLIENT_", strlen("SSL_CLIENT_")) == 0) {
            if (!note(&findings->certificate, *parameters, forwarded_find_certificate_name) &&
                !note(&findings->chain, *parameters, forwarded_find_chain_name) &&
                !note(&findings->verify, *parameters, forwarded_find_verify_name))
                note_numbered(findings, *parameters);
        } else if (strncmp(*parameters, "HTTP_", strlen("HTTP_")) == 0) {
            for (i = 0; i < options->header_count; i++)
                (void)note(&findings->headers[i], *parameters, options->headers[i].variable);
        }
    }
}

const char *forwarded_find_repeated(const struct forwarded_parameters *findings,
    const struct forwarded_options *options, char *buffer, size_t size)
{
    size_t i;

    if (findings->certificate.count > 1)
        return forwarded_find_certificate_name;
    if (findings->chain.count > 1)
        return forwarded_find_chain_name;
    if (findings->verify.count > 1)
        return forwarded_find_verify_name;
    for (i = 0; i < CERTIFICATE_MAX_CHAIN; i++) {
        if (findings->numbered[i].count > 1) {
            (void)snprintf(buffer, size, "%s_%zu", forwarded_find_chain_name, i);
            return buffer;
        }
    }
    for (i = 0; i < options->header_count; i++) {
        if (findings->headers[i].count > 1 && !options->headers[i].encoding->list)
            return options->headers[i].variable;
    }
    return NULL;
}

/* A variable of the front that forwarded_read looks at, or perhaps looks at. */
static bool is_front_variable(const char *parameter)
{
    static const char prefix[] = "SSL_CLIENT_";
    const char *rest = parameter + sizeof(prefix) - 1;

    return parameter[0] == prefix[0] && strncmp(parameter, prefix, sizeof(prefix) - 1) == 0 &&
           (strncmp(rest, "CERT", 4) == 0 || strncmp(rest, "VERIFY", 6) == 0);
}

static bool is_header(const char *parameter, const struct forwarded_options *options)
{
    size_t i;

    if (options == NULL || options->header_count == 0 ||
        strncmp(parameter, "HTTP_", strlen("HTTP_")) != 0)
        return false;
    for (i = 0; i < options->header_count; i++) {
        if (forwarded_find_value_of(parameter, options->headers[i].variable) != NULL)
            return true;
    }
    return false;
}

bool forwarded_select(char *const *parameters, const struct forwarded_options *options,
    struct forwarded_selection *selection)
{
    bool worthwhile = false;

    selection->count = 0;
    for (; *parameters != NULL; parameters++) {
        const char *value;

        if (!is_front_variable(*parameters) && !is_header(*parameters, options))
            continue;
        if (selection->count == FORWARDED_MAX_SELECTED)
            return false;
        selection->items[selection->count].parameter = *parameters;
        selection->items[selection->count].length = strlen(*parameters);
        selection->count++;
        value = strchr(*parameters, '=');
        if (value != NULL && value[1] != '\0' &&
            forwarded_find_value_of(*parameters, forwarded_find_verify_name) == NULL)
            worthwhile = true;
    }
    return worthwhile;
}
