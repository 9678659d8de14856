/** The shapes that several modules share. Offsets are code points of the canonical text, ends exclusive. */

interface Span { start: number; end: number }
interface Segment extends Span { depth: number }
interface Target extends Span { exact: string; prefix: string; suffix: string }
type Side = "start" | "end";
interface Piece { change: "same" | "struck" | "added"; text: string }

interface Block extends Span {
  element: HTMLElement;
  layout: Layout | null; // the nodes of the block, once they were read
}
interface Layout {
  nodes: Text[];
  begins: number[]; // where each node begins, in UTF-16 units from the block's beginning
  units: Uint32Array | null; // the UTF-16 place of each code point; null where they agree
}
interface TextMap { root: HTMLElement; blocks: Block[] }
interface Point { node: Node; offset: number }

/** What is used of the API's answers. */
interface Annotation {
  id: string;
  author: string | null; // null of a deleted one
  created: string;
  thread: string;
  deleted: boolean | string | null;
  held: boolean; // it waits for a moderator
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
/** Comments on a provision, and how many people wrote them. */
interface Tally { pid: string; remarks: number; authors: number }
interface Commentary {
  total: number;
  authors: number;
  segments: number[];
  provisions: Tally[];
}
/** A page of the site without its frame; `id` is of the comment whose page it is. */
interface Answer { content: DocumentFragment; ok: boolean; id: string }

/** What the panel needs of the page around it. */
interface Page {
  document: string;
  edition: string;
  panel: HTMLElement;
  map: TextMap;
  longest: number; // how many characters a range may have
  speakOf(span: Span | null, id?: string): void;
  goTo(span: Span, back?: { author: string; focus: () => void }): void; // brings words into view, puts the focus there, and offers the way back
  beside(where: { span?: Span; pid?: string } | null): void; // puts the panel beside words, and brings them into view where they are hidden
  narrowed(): Record<string, string>; // the filter that holds for what is listed at a place
  showAll(): void; // does without the filter
  cite(span: Span): void;
  recount(): void; // counts what the filter leaves, after a change
  changed(span: Span, by: 1 | -1, unpainted: boolean): void;
}
/** What the panel shows. */
interface View {
  title: string;
  quote?: string;
  place: Record<string, string | number>; // the comments at a range, on a provision, or of a thread
  provision?: { pid: string; name: string }; // what the form is about: a provision,
  target?: Target; // or some words
  chosen?: Span | null; // the words that the open form is about now
  where?: { span?: Span; pid?: string } | null; // where the panel is, if `place` does not say
}
interface Panel {
  page: Page;
  title: HTMLElement;
  content: HTMLElement;
  view: View | null; // what is open
  open(view: View, form?: boolean): Promise<void>;
  load(next?: string): Promise<void>; // lists the comments again, or the next ones
  showAll(): void;
  shut(): void;
}
type OpenPanel = ReturnType<typeof import("./panel.js").makePanel>;
type Picker = ReturnType<typeof import("./target_picker.js").pickTarget>;

interface Draft {
  body: string;
  tags: string;
  once: string; // the key under which it is posted, so that it is never posted twice
  title?: string; // what it is about, in words
  resume?: object; // what to open to go on
  span?: Span | null | undefined; // the words that were chosen for it
  page?: string; // where
  saved?: number; // when, in ms
}
/** A form of the server in the panel. */
interface Task {
  document: string;
  edition: string;
  resume?: object; // what to open to go on: after signing in, or another time
  picker?: Picker; // which words it is about
  sent(answer: Answer): void;
  cancel(): void;
}
