/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_HTML_PAGE_H
#define PEERCERT_TESTS_HTML_PAGE_H

#include "base/text.h"
#include <stddef.h>

/* A strict reader of the pages that peercert writes, for tests: no general HTML. */

#define HTML_PAGE_MAX_PROBLEM 512

/* What a page holds once it is read. Free with html_page_free. */
struct html_page {
    char problem[HTML_PAGE_MAX_PROBLEM]; /* why it is not as it should be; "" when it is */
    size_t elements;                     /* how many were opened */
    size_t headings;                     /* how many of them are h1 */
    struct text content;                 /* all text outside of the style, references resolved */
    struct text tags;                    /* the names of all elements, a space after each */
};

/* Reads a page: a doctype, elements that are known here, each closed in its order, with attributes
 * that are known here and quoted, without script and without style attributes; `&` only in the five
 * references; no raw byte that may not be shown. */
void html_page_read(struct html_page *page, const char *bytes, size_t length);

void html_page_free(struct html_page *page);

#endif
