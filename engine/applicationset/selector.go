package applicationset

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// selector filters parameters by their flattened values. It is a label selector whose values may be
// any text, such as the address of a cluster (applicationset/utils/selector.go).
type selector []requirement

type requirement struct {
	key      string
	operator metav1.LabelSelectorOperator
	values   []string
}

func newSelector(from *metav1.LabelSelector) (selector, error) {
	if from == nil {
		return nil, nil
	}
	all := selector{}
	for key, value := range from.MatchLabels {
		all = append(all, requirement{key, metav1.LabelSelectorOpIn, []string{value}})
	}
	for _, expression := range from.MatchExpressions {
		all = append(all, requirement{expression.Key, expression.Operator, expression.Values})
	}
	for _, one := range all {
		if err := one.check(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (r requirement) check() error {
	if problems := validation.IsQualifiedName(r.key); len(problems) > 0 {
		return fmt.Errorf("the key %q of the selector is invalid: %s", r.key, strings.Join(problems, "; "))
	}
	switch r.operator {
	case metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn:
		if len(r.values) == 0 {
			return fmt.Errorf("the selector's operator %s of %q needs values", r.operator, r.key)
		}
	case metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist:
		if len(r.values) > 0 {
			return fmt.Errorf("the selector's operator %s of %q takes no values", r.operator, r.key)
		}
	default:
		return fmt.Errorf("%q is not an operator of a selector", r.operator)
	}
	return nil
}

func (s selector) matches(params map[string]string) bool {
	for _, one := range s {
		value, has := params[one.key]
		ok := false
		switch one.operator {
		case metav1.LabelSelectorOpIn:
			ok = has && slices.Contains(one.values, value)
		case metav1.LabelSelectorOpNotIn:
			ok = !has || !slices.Contains(one.values, value)
		case metav1.LabelSelectorOpExists:
			ok = has
		case metav1.LabelSelectorOpDoesNotExist:
			ok = !has
		}
		if !ok {
			return false
		}
	}
	return true
}
