package origin

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
)

var (
	wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	lastDigits  = regexp.MustCompile(`[0-9]+([^0-9]*)$`)
)

// mutations gives other values for a scalar, the likeliest to be accepted first.
func mutations(s scalar) []string {
	switch {
	case s.tag == "!!bool":
		return []string{opposite(s.value)}
	case s.tag == "!!int" && !wholeNumber.MatchString(s.value):
		return nextOf(s.value)
	case s.tag == "!!float" && !plainFloat.MatchString(s.value):
		return nextOf(s.value)
	case s.tag == "!!int":
		return []string{nextNumber(s.value)}
	case s.tag == "!!float":
		return []string{s.value + "1"}
	case s.tag == "!!null":
		return nil
	}
	if wholeNumber.MatchString(s.value) {
		// A number as text: a port, a size.
		return []string{nextNumber(s.value), s.value + "x"}
	}
	changed := []string{appended(s.value, "x")}
	if next, ok := nextDigits(s.value); ok && s.form != block {
		changed = append(changed, next)
	}
	return changed
}

var plainFloat = regexp.MustCompile(`^-?[0-9]*\.[0-9]+$`)

// nextOf counts a number up that is not written in plain decimals, and writes it so.
func nextOf(value string) []string {
	number, ok := numberOf(value)
	if !ok {
		return nil
	}
	return []string{strconv.FormatFloat(number+1, 'f', -1, 64)}
}

// numberOf reads numbers as YAML has them: octal, hexadecimal and binary digits, underscores, exponents.
func numberOf(text string) (float64, bool) {
	bare := strings.ReplaceAll(strings.TrimPrefix(text, "+"), "_", "")
	if whole, err := strconv.ParseInt(bare, 0, 64); err == nil {
		return float64(whole), true
	}
	number, err := strconv.ParseFloat(bare, 64)
	return number, err == nil && !math.IsInf(number, 0) && !math.IsNaN(number)
}

// sameNumber says whether two texts are the same number, written otherwise.
func sameNumber(a, b string) bool {
	if a == "" || b == "" || !strings.ContainsAny(a[:1]+b[:1], "0123456789+-.") {
		return false
	}
	left, isLeft := numberOf(a)
	right, isRight := numberOf(b)
	return isLeft && isRight && left == right
}

func opposite(value string) string {
	if strings.EqualFold(value, "true") || strings.EqualFold(value, "yes") || strings.EqualFold(value, "on") {
		return "false"
	}
	return "true"
}

func nextNumber(value string) string {
	number, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return value + "1"
	}
	return strconv.FormatInt(number+1, 10)
}

// nextDigits counts the last number in a text up: the patch of a version, the size of a quantity.
func nextDigits(value string) (string, bool) {
	at := lastDigits.FindStringSubmatchIndex(value)
	if at == nil {
		return "", false
	}
	return value[:at[0]] + nextNumber(value[at[0]:at[2]]) + value[at[2]:], true
}

// appended adds to the first line of a text.
func appended(value, mark string) string {
	first, rest, several := strings.Cut(value, "\n")
	if several {
		return first + mark + "\n" + rest
	}
	return value + mark
}

// written gives the text with another value in place of a token.
func written(text string, s scalar, value string) string {
	token := value
	switch s.form {
	case doubleQuoted:
		quoted, err := json.Marshal(value)
		if err != nil {
			return text
		}
		token = string(quoted)
	case singleQuoted:
		token = "'" + strings.ReplaceAll(value, "'", "''") + "'"
	case block:
		token = text[s.start:s.end] + "x"
	}
	return text[:s.start] + token + text[s.end:]
}
