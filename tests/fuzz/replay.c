/* SPDX-License-Identifier: ISC */
/* Gives each file that is named to a fuzz target, whole and cut off, without libFuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE ((size_t)1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of its own size, so that a sanitizer sees what is read beyond. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);

    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

int main(int argc, char **argv)
{
    uint8_t *data = malloc(MAX_FILE);
    int i;

    if (data == NULL)
        return 1;
    for (i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        size_t size, cut;

        if (file == NULL) {
            perror(argv[i]);
            return 1;
        }
        size = fread(data, 1, MAX_FILE, file);
        (void)fclose(file);
        run(data, size);
        for (cut = 1; cut <= 16; cut++)
            run(data, size * cut / 17);
    }
    (void)printf("%s: %d inputs, each whole and in 16 parts\n", argv[0], argc - 1);
    free(data);
    return 0;
}
