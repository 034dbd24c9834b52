/* merge.c - the uses of a view, one after the other, into the customer tree. */
#include "federator/view/merge.h"

#include "federator/view/value.h"

void merge_uses(struct merge *m, const struct use *uses, size_t n_uses, struct node *customer)
{
	for (size_t i = 0; i < n_uses; i++) {
		const struct use *use = &uses[i];

		switch (use->kind) {
		case USE_FIELD:
			if (value_visible(m, use->field))
				scalar_merge(m, use->field, customer);
			break;
		case USE_LIST:
			list_merge(m, use->list, use->only, use->limit, customer);
			break;
		case USE_TIMELINE:
			timeline_merge(m, use->timeline, use->limit, customer);
			break;
		}
	}
}

void merge_flat(struct merge *m, const struct use *uses, size_t n_uses, struct node *customer)
{
	for (size_t i = 0; i < n_uses; i++) {
		const struct use *use = &uses[i];
		struct node *scratch = tree_object(m->mem, NULL, STR(""));
		struct node *out = tree_text(m->mem, customer, str_of(use->as), str_of(use->default_));
		const struct node *value;

		if (use->kind != USE_FIELD || !value_visible(m, use->field))
			continue;
		scalar_merge(m, use->field, scratch);
		value = tree_place(m->mem, scratch, use->field->segments, use->field->n_segments)->first;
		if (!value || value->kind == NODE_NULL)
			continue;
		out->value = value->value;
		out->cls = value->cls;
		out->mask = value->mask;
		out->origin = value->origin;
	}
}

void merge_labels(const struct merge *m, struct str lang, struct node *labels)
{
	for (size_t c = 0; m->codes_seen && c < m->cat->n_codes; c++) {
		const struct codes *codes = &m->cat->codes[c];
		struct node *of = NULL;

		for (size_t i = 0; m->codes_seen[c] && i < codes->n; i++) {
			const char *label = labels_in(codes->of[i].labels, lang);

			if (!m->codes_seen[c][i] || !label)
				continue;
			if (!of)
				of = tree_map(m->mem, labels, str_of(codes->name), STR("label"));
			tree_text(m->mem, of, str_of(codes->of[i].is), str_of(label));
		}
	}
}
