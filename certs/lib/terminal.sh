# SPDX-License-Identifier: ISC
# Words to the operator, and his consent.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# tell LINE...: to standard output, each on a line of its own; say: the same to standard error. File names and subjects may hold
# anything: a line stays one line, and nothing in it reaches the terminal as a control character.
tell() {
	local line
	for line; do
		line=${line//$'\n'/\\0A}
		if [[ $line == *[!\ -~]* ]]; then readable <<<"$line"; else printf '%s\n' "$line"; fi
	done
}
say() { tell "$@" >&2; }
die() { say "$self: $*"; exit 1; }
usage_error() {
	[ "${command-}" != help ] || command=''
	say "$self: $1" "Try: $self help${command:+ $command}"
	exit 2
}

# grep at the end of a pipe, which reads all of it: one that stops at the first match (-q) ends what writes, and with pipefail
# that counts as no match.
matches() { grep "$@" >/dev/null; }

# Names come from strangers. Printable ASCII passes; of the rest, raw bytes and openssl's \HH and \xHH become text where
# they are well-formed UTF-8 that neither controls the terminal nor hides or reorders text; all else stays \HH.
readable() {
	awk 'BEGIN {
		for (i = 0; i < 256; i++) { hex[sprintf("%c", i)] = sprintf("%02X", i); char[sprintf("%02X", i)] = sprintf("%c", i) }
		tail = "\\\\x?[89AB][0-9A-F]"
		form = "\\\\x?(C[2-9A-F]|D[0-9A-F])" tail "|\\\\x?E[0-9A-F]" tail tail "|\\\\x?F[0-2]" tail tail tail
		hidden = "^(C2[89]|D89C|E0[89]|C2AD|E1A08E|E280(8[B-F]|A[89A-E])|E281A|ED[AB]|EFBBBF|EFBFB|F08)"
	}
	/[^ -~\t]/ {
		line = ""
		for (i = 1; i <= length($0); i++) { c = substr($0, i, 1); line = line (c ~ /[ -~\t]/ ? c : "\\" hex[c]) }
		$0 = line
	}
	{
		line = ""
		while (match($0, form)) {
			found = substr($0, RSTART, RLENGTH); bytes = found; gsub(/[\\x]/, "", bytes); text = ""
			for (i = 1; i < length(bytes); i += 2) text = text char[substr(bytes, i, 2)]
			line = line substr($0, 1, RSTART - 1) (bytes ~ hidden ? found : text)
			$0 = substr($0, RSTART + RLENGTH)
		}
		print line $0
	}'
}
# shown TEXT: the same of a text, which most often needs no change.
shown() { if [[ $1 == *[!\ -~]* || $1 == *\\* ]]; then readable <<<"$1"; else printf '%s\n' "$1"; fi; }

cmd_help() {
	local row name arguments words about=${args[0]-}
	[ -z "$about" ] || [ "$about" = help ] || { help_on "$about"; return; }
	printf 'Usage: %s SUBCOMMAND [OPTIONS] [ARGUMENT]\n\n' "$self"
	for row in "${commands[@]}"; do
		IFS='|' read -r name arguments words <<<"$row"
		printf '  %-27s %s\n' "$name${arguments:+ $arguments}" "$words"
	done
	cat <<-END

		Your own CA in five commands, in a folder of its own:
		  $self init --subject "CN=Acme CA,O=Acme,C=GB"      once; keep ca.key and its pass phrase safe
		  $self request dan --subject "CN=Dan,O=Acme,C=GB"   the client, who keeps dan.key and sends dan.req
		  $self sign dan.req                                 the owner, who sends dan.cer back
		  $self p12 dan                                      the client, who imports dan.p12
		  $self list --expiring 30                           from cron, for instance

		Revoking certificates:
		  $self crl --days 14 --ahead 16                     once, with the pass phrase: 17 CRLs, the first is in force
		  $self crl --install                                from cron: puts the CRL that is due into ca.crl, without the key
		  $self revoke dan.cer --reason keyCompromise        signs all of them anew

		Which file goes where:
		  ca.cer         the root: peercert --ca, and the front server's list of CAs
		  SUB/ca.cer     an intermediate CA: peercert --intermediates, not --ca
		  ca-bundle.cer  during a rollover, instead of ca.cer: both roots
		  ca.crl         peercert --crl; below another CA ca-chain.crl, with the root's CRL
		  ca.key         stays here, under its pass phrase, and goes to no server

		Settings that hold unless an option says otherwise stand in ca.conf, as NAME = VALUE:
	END
	for row in "${setting_names[@]}"; do
		IFS='|' read -r name _ words <<<"$row"
		printf '  %-18s %s\n' "$name" "$words"
	done
	cat <<-'END'

		Pass phrases come from a prompt, a file or an environment variable, never from an argument.
		Existing files are not overwritten. A command that fails leaves the folder as it was.
		Exit status: 0 done, 1 refused or failed, 2 wrong usage.
	END
}

help_on() {
	local row name arguments words takers
	find_command "$1" || usage_error "there is no subcommand '$1'$(nearest "$1")"
	IFS='|' read -r name arguments words <<<"$found_command"
	printf 'Usage: %s %s [OPTIONS]%s\n\n  %s\n\nOptions:\n' "$self" "$name" "${arguments:+ $arguments}" "$words"
	for row in "${options[@]}"; do
		IFS='|' read -r arguments words takers row <<<"$row"
		[[ " $takers " == *" $name "* ]] && printf '  %-24s %s\n' "$arguments${words:+ $words}" "$row"
	done
	printf '  %-24s %s\n' --help 'show this'
}

# agree QUESTION WHAT-A-NO-MEANS
agree() {
	local answer
	[ -z "${given[--batch]-}" ] || return 0
	[ -t 0 ] || usage_error 'there is no terminal to ask for consent: run it in one, or give --batch'
	read -r -p "$(tell "$1") [y/N] " answer
	[[ $answer == [yY]* ]] || die "$2"
}
