/** Types shared by modules. Offsets are code points of the canonical text, ends exclusive. */

interface Span { start: number; end: number }
interface Segment extends Span { depth: number }
interface Target extends Span { exact: string; prefix: string; suffix: string }
type Side = "start" | "end";
interface Piece { change: "same" | "struck" | "added"; text: string }

interface Block extends Span {
  element: HTMLElement;
  layout: Layout | null; // null until it is computed
}
interface Layout {
  nodes: Text[];
  begins: number[]; // start of each node, in UTF-16 units from the start of the block
  units: Uint32Array | null; // UTF-16 offset of each code point; null if they are equal
}
interface TextMap { root: HTMLElement; blocks: Block[] }
interface Point { node: Node; offset: number }

/** The used fields of the API's responses. */
interface Annotation {
  id: string;
  author: string | null; // null for a deleted comment
  created: string;
  thread: string;
  deleted: boolean | string | null;
  held: boolean; // waiting for review
  target: { whole?: boolean } | null;
  placement: { start: number | null; end: number | null; pid: string | null } | null;
}
interface Listing { total: number; items: Annotation[]; next: string | null }
interface Suggestion extends Span {
  id: string;
  act: "replace" | "insert" | "strike";
  wording: string;
  agreements: number;
}
interface State { state: number; new: number; latest: string | null; newest: string }
/** The numbers of comments on a provision and of their authors. */
interface Tally { pid: string; remarks: number; authors: number }
interface Commentary {
  total: number;
  authors: number;
  segments: number[];
  provisions: Tally[];
}
/** A page without its frame; `id` is that of its comment, or empty. */
interface Answer { content: DocumentFragment; ok: boolean; id: string }

/** The reading page, for the panel. */
interface Page {
  document: string;
  edition: string;
  panel: HTMLElement;
  map: TextMap;
  maxLength: number; // of a range, in code points
  emphasize(span: Span | null, id?: string): void;
  goTo(span: Span, back?: { author: string; focus: () => void }): void; // scrolls to words, focuses them, and offers to return
  placePanel(position: { span?: Span; pid?: string } | null): void; // next to words, scrolling to them if necessary
  filter(): Record<string, string>; // for lists by place
  showAll(): void; // removes the filter
  cite(span: Span): void;
  recount(): void; // under the filter, after a change
  countChange(span: Span, change: 1 | -1, unpainted: boolean): void;
}
/** The content of the panel. */
interface View {
  title: string;
  quote?: string;
  place: Record<string, string | number>; // query of the list: a range, a provision, or a thread
  provision?: { pid: string; name: string }; // the form is about a provision
  target?: Target; // or selected words
  chosen?: Span | null; // the current words of the open form
  where?: { span?: Span; pid?: string } | null; // position of the panel; default: from `place`
}
interface Panel {
  page: Page;
  title: HTMLElement;
  content: HTMLElement;
  view: View | null;
  open(view: View, form?: boolean): Promise<void>;
  load(next?: string): Promise<void>; // the comments again, or the next page
  showAll(): void;
  close(): void;
}
type OpenPanel = ReturnType<typeof import("./panel.js").makePanel>;
type Picker = ReturnType<typeof import("./target_picker.js").pickTarget>;

interface Draft {
  body: string;
  tags: string;
  once: string; // idempotency key, so that it is never posted twice
  title?: string; // of the provision or words it is about
  resume?: object; // what to reopen
  span?: Span | null | undefined; // the chosen words
  page?: string; // path
  saved?: number; // time, in ms
}
/** The context of a form in the panel. */
interface Task {
  document: string;
  edition: string;
  resume?: object; // what to reopen after signing in, or from the draft
  picker?: Picker;
  sent(answer: Answer): void;
  cancel(): void;
}
