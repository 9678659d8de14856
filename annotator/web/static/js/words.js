/**
 * Every word that the scripts put before a reader; the templates hold the others.
 * The server puts it into the site's language: a literal is a message, with the names of variables in it.
 * The defaults of parameters only say their types.
 */

// Made once: it takes a browser a millisecond to make.
const numbers = new Intl.NumberFormat("en");

/** Which form a number takes. @param {number} n */
const form = (n) => Number(n !== 1);

/** @param {number} count @param {string[]} forms */
const plural = (count, ...forms) => forms[form(count)] ?? "";

const number = (count = 0) => numbers.format(count);

const people = (count = 0, many = number(count)) => plural(count, `${many} person`, `${many} people`);

const comments = (count = 0, many = number(count)) => (count ? plural(count, `${many} comment`, `${many} comments`) : "No comments");

export const words = {
  highlight: "Highlight",
  copyByHand: "This browser did not let the page copy. Copy what you need by hand.",
  copy: "Copy",
  done: "Copied",
  copied: (what = "") => `Copied: ${what}`,
  copyOf: (what = "") => `Copy: ${what}`,
  close: "Close",
  loading: "Fetching the comments…",
  onWords: "On these words",
  asked: "The comment you followed",
  notices: "About this page",
  /** @param {number} total @param {number} authors @param {string} [author] */
  showing: (total, authors, author) => (total ? words.showingBy(comments(total), author ?? people(authors)) : "No comments match this filter"),
  showingBy: (counted = "", who = "") => `Showing ${counted} by ${who}`,
  showingAll: "Showing all comments.",
  showAll: "Show all",
  beginning: "The beginning",
  barName: (section = "", name = "", authors = 0, total = 0, who = people(authors), counted = comments(total)) => `${section}, ${name}: ${who}, ${counted}`,
  newComments: (many = 0) => (many < 1000 ? plural(many, `${many} new comment`, `${many} new comments`) : "Many new comments"),
  shownNow: (many = 0) => (many < 1000 ? plural(many, `${many} new comment shown.`, `${many} new comments shown.`) : "Many new comments shown."),
  newerEdition: (newest = "", edition = "") => `A newer edition, ${newest}, has come in. You are reading ${edition}, and comment on it.`,
  newestPlace: "Go to this place in the newest",
  unread: (many = 0) => `${many} unread`,
  unreadAtLeast: (many = 0) => `More than ${many} unread`,
  nextUnread: "Next",
  markRead: "Mark all as read",
  allRead: "All comments are marked as read.",
  fresh: "new",
  ofThemNew: (many = 0, shown = number(many)) => `, ${shown} new`,
  unreadComment: "An unread comment",
  whereYouWere: (section = "") => (section ? `You were reading “${section}”.` : "You have been reading here."),
  continueThere: "Continue there",
  forgetPlace: "Forget",
  backTo: (author = "") => `Back to the comment by ${author}`,
  commentOn: (name = "") => `Comment on ${name}`,
  comments,
  commentsOn: (counted = "", name = "") => `${counted} on ${name}`,
  nowOn: (chosen = "") => `Now on: “${chosen}”`,
  noFurther: "You have reached the end.",
  tooLong: (length = 0, longest = 0, are = number(length), most = number(longest)) => `These are ${are} characters; a comment can be on ${most} at most. Choose fewer, or comment on the whole section.`,
  unsent: "Drafts",
  notPosted: (about = "", others = 0) => (others > 0 ? `Not posted yet: your comment on ${about}, and ${others} more.` : `Not posted yet: your comment on ${about}.`),
  draftKept: "Your draft is kept in this browser.",
  goOn: "Continue writing",
  throwAway: "Discard draft",
  thrownAway: "Draft discarded.",
  undo: "Undo",
  highlighted: "Highlighted.",
  notThere: "We could not find those words here. Copy them exactly from the text.",
  severalTimes: "These words occur here more than once; add a few words around them.",
  waits: "Your comment is waiting for review; until then only you and moderators can read it.",
  number,
  expired: "You have been signed out. Sign in again; what you wrote is kept here.",
  unreachable: "The site cannot be reached just now.",
  sentWhenBack: "What you wrote is kept, and sent when the network is back; or try again in a moment.",
  failed: "This did not work. What you wrote is kept; try again.",
  keysOn: "These keys are on.",
  keysOff: "These keys are off.",
  keysReset: "Keys are reset to their defaults.",
  keyIs: (act = "", key = "") => `${act}: ${key}`,
  keyNone: (act = "") => `${act}: no key`,
  keyTaken: (key = "", loser = "") => `${key} was the key for “${loser}”, which has none now.`,
  noMoreThatWay: "There are no more that way.",
  chosenAct: (act = "") => `${act}: enter the reason, then press Ctrl+Enter.`,
  notHere: "You cannot decide that here.",
};
