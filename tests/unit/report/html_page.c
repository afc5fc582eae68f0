/* SPDX-License-Identifier: ISC */
#include "unit/report/html_page.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MAX_OPEN 32
#define MAX_NAME 16

static const char *const known_elements[] = {"html", "head", "meta", "title", "style", "body",
    "header", "h1", "h2", "main", "section", "dl", "dt", "dd", "p", "time", "span", "svg", "rect",
    "details", "summary", "ul", "li", "pre", "code", "mark", "strong", "footer", "a", NULL};
static const char *const void_elements[] = {"meta", "rect", NULL};
static const char *const known_attributes[] = {"lang", "charset", "name", "content", "class", "id",
    "aria-labelledby", "aria-hidden", "datetime", "viewBox", "preserveAspectRatio", "width",
    "height", "href", NULL};

struct reader {
    struct html_page *page;
    const char *at, *end;
    char open[MAX_OPEN][MAX_NAME];
    size_t depth;
};

static void __attribute__((format(printf, 2, 3)))
complain(struct reader *reader, const char *format, ...)
{
    va_list arguments;

    if (reader->page->problem[0] != '\0')
        return;
    va_start(arguments, format);
    (void)vsnprintf(reader->page->problem, HTML_PAGE_MAX_PROBLEM, format, arguments);
    va_end(arguments);
    reader->at = reader->end;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0)
            return true;
    }
    return false;
}

static bool take(struct reader *reader, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static void read_name(struct reader *reader, char *name, size_t size)
{
    size_t length = 0;

    while (
        reader->at < reader->end && length + 1 < size &&
        ((*reader->at >= 'a' && *reader->at <= 'z') || (*reader->at >= 'A' && *reader->at <= 'Z') ||
            (*reader->at >= '0' && *reader->at <= '9') || *reader->at == '-'))
        name[length++] = *reader->at++;
    name[length] = '\0';
}

static void read_attribute(struct reader *reader)
{
    char name[32];

    read_name(reader, name, sizeof(name));
    if (!is_one_of(name, known_attributes)) {
        complain(reader, "attribute %s: %.60s", name, reader->at);
        return;
    }
    if (!take(reader, "=\"")) {
        complain(reader, "%s has no quoted value: %.60s", name, reader->at);
        return;
    }
    while (reader->at < reader->end && *reader->at != '"') {
        if (strchr("<>&", *reader->at) != NULL)
            complain(reader, "in the value of %s: %.60s", name, reader->at);
        else
            reader->at++;
    }
    if (!take(reader, "\""))
        complain(reader, "the value of %s does not end", name);
}

static void skip_style(struct reader *reader)
{
    const char *closing = strstr(reader->at, "</style>");

    if (closing == NULL)
        complain(reader, "the style does not end");
    else
        reader->at = closing;
}

static void read_opening(struct reader *reader)
{
    char name[MAX_NAME];
    bool closed;

    read_name(reader, name, sizeof(name));
    if (!is_one_of(name, known_elements)) {
        complain(reader, "element %s: %.60s", name, reader->at);
        return;
    }
    reader->page->elements++;
    reader->page->headings += strcmp(name, "h1") == 0;
    text_printf(&reader->page->tags, "%s ", name);
    while (take(reader, " "))
        read_attribute(reader);
    closed = take(reader, "/");
    if (!take(reader, ">"))
        complain(reader, "the tag of %s does not end: %.60s", name, reader->at);
    if (closed || is_one_of(name, void_elements))
        return;
    if (reader->depth == MAX_OPEN) {
        complain(reader, "too deep");
        return;
    }
    (void)snprintf(reader->open[reader->depth++], MAX_NAME, "%s", name);
    if (strcmp(name, "style") == 0)
        skip_style(reader);
}

static void read_closing(struct reader *reader)
{
    char name[MAX_NAME];

    read_name(reader, name, sizeof(name));
    if (!take(reader, ">") || reader->depth == 0 ||
        strcmp(reader->open[reader->depth - 1], name) != 0)
        complain(reader, "</%s> closes %s", name,
            reader->depth > 0 ? reader->open[reader->depth - 1] : "nothing");
    else
        reader->depth--;
}

static void read_reference(struct reader *reader)
{
    static const struct {
        const char *name, *value;
    } references[] = {
        {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}};
    size_t i;

    for (i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
        if (take(reader, references[i].name)) {
            text_append_string(&reader->page->content, references[i].value);
            return;
        }
    }
    complain(reader, "no reference: %.20s", reader->at);
}

static void read_character(struct reader *reader)
{
    unsigned long code = 0;
    size_t size =
        utf8_decode((const unsigned char *)reader->at, (size_t)(reader->end - reader->at), &code);

    if (size == 0 || (code != '\n' && utf8_is_unsafe(code))) {
        complain(reader, "a raw byte %02X", (unsigned)(unsigned char)*reader->at);
        return;
    }
    if (code == '>' || code == '"' || code == '\'') {
        complain(reader, "a raw %c: %.60s", (int)code, reader->at);
        return;
    }
    text_append(&reader->page->content, reader->at, size);
    reader->at += size;
}

void html_page_read(struct html_page *page, const char *bytes, size_t length)
{
    struct reader reader = {.page = page, .at = bytes, .end = bytes + length};

    *page = (struct html_page){.elements = 0};
    page->content.limit = 2 * TEXT_LIMIT;
    if (!take(&reader, "<!DOCTYPE html>\n"))
        complain(&reader, "no doctype");
    while (reader.at < reader.end) {
        if (take(&reader, "</"))
            read_closing(&reader);
        else if (take(&reader, "<"))
            read_opening(&reader);
        else if (*reader.at == '&')
            read_reference(&reader);
        else
            read_character(&reader);
    }
    if (reader.depth > 0)
        complain(&reader, "%s is not closed", reader.open[reader.depth - 1]);
}

void html_page_free(struct html_page *page)
{
    text_free(&page->content);
    text_free(&page->tags);
}
