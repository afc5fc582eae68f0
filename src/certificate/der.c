/* SPDX-License-Identifier: ISC */
#include "certificate/der.h"

bool der_read_element(const unsigned char *bytes, size_t length, struct der_element *element)
{
    size_t count, i, content = 0;

    if (length < 2 || (bytes[0] & 0x1F) == 0x1F)
        return false;
    element->tag = bytes[0];
    if (bytes[1] < 0x80) {
        element->header = 2;
        element->content = bytes[1];
        return true;
    }
    count = bytes[1] & 0x7F;
    if (count == 0 || count > 4 || length - 2 < count || bytes[2] == 0)
        return false;
    for (i = 0; i < count; i++)
        content = content << 8 | bytes[2 + i];
    if (content < 0x80)
        return false;
    element->header = 2 + count;
    element->content = content;
    return true;
}

bool der_take(struct der_span *from, unsigned char tag, struct der_span *content)
{
    struct der_element element;

    if (!der_read_element(from->at, from->length, &element) || element.tag != tag ||
        element.content > from->length - element.header)
        return false;
    *content = (struct der_span){from->at + element.header, element.content};
    from->at += element.header + element.content;
    from->length -= element.header + element.content;
    return true;
}
