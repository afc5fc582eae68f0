#include "error.h"
#include "memory.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

void error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
    va_list arguments;

    if (error == NULL)
        return;
    error->kind = kind;
    va_start(arguments, format);
    if (vsnprintf(error->text, sizeof(error->text), format, arguments) < 0)
        error->text[0] = '\0';
    va_end(arguments);
}

bool error_queue_tells_of_memory(void)
{
    unsigned long code;
    bool memory = memory_watch_failed();

    while ((code = ERR_get_error()) != 0) {
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
            memory = true;
    }
    return memory;
}
