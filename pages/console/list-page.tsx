// What is a page of the console that is one list? Title, rows, and in their place where there are none what would
// fill them; filters as a plain form by GET, which needs no script.

import type { Child, FC } from 'hono/jsx';
import { consoleTextsIn } from '../texts/console.ts';
import { type Column, type ConsoleFrame, ConsolePage, Empty, List, pathOf, type Section } from './frame.tsx';

export interface ListPageProps {
  readonly frame: ConsoleFrame;
  readonly section: Section;
  readonly texts: {
    readonly title: string;
    readonly lead?: string;
    readonly empty: string;
    readonly emptyText: string;
  };
  /** Instead of the one of the texts. */
  readonly lead?: string;
  /** Fills the list. */
  readonly command?: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Child[])[];
  /** Before the list, where there is one. */
  readonly children?: Child;
}

export const ListPage: FC<ListPageProps> = (props) => {
  const { frame, section, texts, lead, command, columns, rows, children } = props;
  return (
    <ConsolePage frame={frame} section={section} title={texts.title} lead={lead ?? texts.lead}>
      {rows.length > 0 ? (
        <>
          {children}
          <List caption={texts.title} columns={columns} rows={rows} />
        </>
      ) : (
        <Empty frame={frame} title={texts.empty} text={texts.emptyText} command={command} />
      )}
    </ConsolePage>
  );
};

export type Option = readonly [value: string, label: string];

export interface FiltersProps {
  readonly frame: ConsoleFrame;
  readonly section: Section;
  readonly search: { readonly name: string; readonly label: string; readonly value: string };
  readonly selects: readonly {
    readonly name: string;
    readonly label: string;
    readonly value: string;
    readonly options: readonly Option[];
  }[];
}

export const FilterForm: FC<FiltersProps> = ({ frame, section, search, selects }) => {
  const texts = consoleTextsIn(frame.locale);
  const filtered = search.value !== '' || selects.some(({ value }) => value !== '');
  return (
    <search>
      <form method="get" action={pathOf[section]} class="filters">
        <div class="grow">
          <label for={search.name}>{search.label}</label>
          <input
            id={search.name}
            name={search.name}
            type="search"
            value={search.value}
            maxlength={100}
            autocomplete="off"
          />
        </div>
        {selects.map(({ name, label, value: chosen, options }) => (
          <div>
            <label for={name}>{label}</label>
            <select id={name} name={name}>
              <option value="">{texts.all}</option>
              {options.map(([value, text]) => (
                <option value={value} selected={value === chosen}>
                  {text}
                </option>
              ))}
            </select>
          </div>
        ))}
        <button type="submit">{texts.find}</button>
        {filtered && (
          <a class="clear" href={pathOf[section]}>
            {texts.clear}
          </a>
        )}
      </form>
    </search>
  );
};
