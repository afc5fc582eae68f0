# SPDX-License-Identifier: ISC
# The command line.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

find_command() {
	for found_command in "${commands[@]}"; do [ "${found_command%%|*}" = "$1" ] && return 0; done
	found_command=''
	return 1
}

# ", did you mean ...?" for a word that is one letter off a subcommand, or two letters swapped.
nearest() {
	local row name i
	for row in "${commands[@]}"; do
		name=${row%%|*}
		for ((i = 0; i < ${#name}; i++)); do
			case $1 in
				"${name:0:i}${name:i+1}" | "${name:0:i}"?"${name:i+1}" | "${name:0:i}"?"${name:i}" | "${name:0:i}${name:i+1:1}${name:i:1}${name:i+2}" | "$name"?)
					printf ': did you mean %s?' "$name"; return ;;
			esac
		done
	done
}

# Finds the row of an option that the subcommand takes and says in option_value whether it wants a value.
find_option() {
	local row names takers
	for row in "${options[@]}"; do
		IFS='|' read -r names option_value takers _ <<<"$row"
		[[ ", $names, " == *", $1, "* && " $takers " == *" $command "* ]] && return 0
	done
	return 1
}

# Puts options into given[NAME], --san into sans, --permit into permits, everything else into args.
parse() {
	local word name value
	while [ $# -gt 0 ]; do
		word=$1; shift
		case $word in
			--) args+=("$@"); return ;;
			-h | --help) help_on "$command"; exit 0 ;;
			-?*) ;;
			*) args+=("$word"); continue ;;
		esac
		name=${word%%=*}
		find_option "$name" || usage_error "$command does not take $name"
		value=yes
		if [ -n "$option_value" ]; then
			if [ "$name" != "$word" ]; then value=${word#*=}
			elif [ $# -gt 0 ]; then value=$1; shift
			else usage_error "$name needs a value: $option_value"; fi
			[ -n "$value" ] || usage_error "$name needs a value: $option_value"
		elif [ "$name" != "$word" ]; then usage_error "$name takes no value"; fi
		case $name in
			--san) sans+=("$value"); continue ;;
			--permit) permits+=("$value"); continue ;;
			--password-file) name=--pass-file ;;
			--ec) name=--key value=ec ;;
			--server) name=--profile value=server ;;
			-y) name=--batch ;;
		esac
		[ -z "${given[$name]-}" ] || [ "${given[$name]}" = "$value" ] || usage_error "$name is given twice"
		given[$name]=$value
	done
}

one_argument() {
	[ "${#args[@]}" -ne 0 ] || usage_error "$command needs $1"
	[ "${#args[@]}" -eq 1 ] || usage_error "$command takes one argument, $1, but here are ${#args[@]}: ${args[*]}"
}
no_argument() { [ "${#args[@]}" -eq 0 ] || usage_error "$command takes no argument, but here is '${args[0]}'"; }

# NAME becomes part of file names, so it is kept plain.
check_name() {
	[[ $1 =~ $plain_name ]] ||
		usage_error "'$1' is no name for files: up to 64 letters, digits and . _ @ + -, beginning with a letter or digit${2:+; $2}"
	is_name "$1" || usage_error "the name '$1' belongs to the CA itself, as do ca.*, ca-*, issued, requests, index.* and crlnumber"
}
plain_name='^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$'
is_name() { [[ $1 =~ $plain_name && ! $1 =~ ^(ca([.-].*)?|issued|requests|index\..*|crlnumber|parent\.crl)$ ]]; }

check_days() {
	[[ $1 =~ ^[1-9][0-9]{0,4}$ && $1 -le 36500 ]] || usage_error "$2 $1: a whole number of days from 1 to 36500 is needed"
}

# check_number VALUE OPTION LEAST MOST
check_number() {
	[[ $1 =~ ^(0|[1-9][0-9]{0,5})$ && $1 -ge $3 && $1 -le $4 ]] || usage_error "$2 $1: a whole number from $3 to $4 is needed"
}

# An instant as the operator writes it -> seconds since 1970.
parse_time() {
	[[ $1 =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$ ]] &&
		date -u -d "$1" +%s 2>/dev/null || usage_error "$2 $1: write it as 2026-01-31 or 2026-01-31T12:00:00Z (UTC)"
}
utc_time() { TZ=UTC0 printf '%(%Y%m%d%H%M%SZ)T' "$1"; }
iso_time() { TZ=UTC0 printf '%(%Y-%m-%dT%H:%M:%SZ)T' "$1"; }
