// The words of the page in its languages, and numbers as each writes them.

const LANGUAGE = "vetor-language";

const WORDS = {
  en: {
    skip: "Skip to the results",
    language: "Language",
    model: "Model",
    inputTitle: "Which of these texts mean the same?",
    lead: "The example has sixteen names of four races in seven languages. The model turns each text into a vector; texts with the same meaning get vectors that point the same way. Paste your own texts to see how they compare.",
    textsLabel: "Texts, one per line",
    compare: "Compare",
    example: "Show the example",
    textsHint: "Ctrl+Enter compares, too.",
    working: "The server computes…",
    waiting: "The server cannot answer at the moment; the page asks again every second. It says: {message}",
    done: "{texts} texts, {tokens} {tokens|token|tokens}, {width} {width|component|components} per vector.",
    doneTime: "{texts} texts, {tokens} {tokens|token|tokens}, {width} {width|component|components} per vector; {time} ms in the server.",
    tooFew: "Enter at least two texts, one per line.",
    tooMany: "The page compares at most {most} texts; lines after that are left out. The command “vetor dedupe” has no such limit.",
    heatTitle: "Similarity of every pair",
    heatHint: "Point at a field, or walk with the arrow keys.",
    heatMost: "The table shows the first {most} texts.",
    heatField: "{a} – {b}: {value}",
    ordered: "Similar texts beside each other",
    planeTitle: "Map of meanings",
    planeHint: "Near points have similar meanings; a line links duplicates. The plane keeps {kept} of the differences. Arrow keys walk over the points.",
    planePoint: "{text}: nearest is {nearest} ({value})",
    duplicatesTitle: "Duplicates",
    threshold: "The same from this similarity on",
    duplicatesCount: "{groups} {groups|group|groups} of duplicates; {alone} {alone|text stands|texts stand} alone.",
    groupName: "Group {number}",
    pairsTitle: "Nearest pairs",
    similarity: "Similarity",
    firstText: "Text",
    secondText: "Nearest text",
    tokensTitle: "What the model reads",
    tokensHint: "Each field is one token; special tokens have a dashed edge. The model reads at most {most} tokens per text. What it does not read is struck through.",
    tokensHintNoLimit: "Each field is one token; special tokens have a dashed edge. What the model does not read is struck through.",
    tokensMost: "Tokens are shown for the first {most} texts.",
    tokenCount: "{count} {count|token|tokens}",
    tokenCountCut: "{count} tokens, {cut} of them not read",
    tokenSpecial: "special token",
    tokenCut: "not read",
    tokensFailed: "The server gave no tokens: {message}",
    liveTitle: "The server now",
    liveTexts: "texts per second",
    liveTokens: "tokens per second computed",
    liveRequests: "requests per second",
    liveQueue: "requests wait or run",
    liveCache: "of texts came from the cache",
    liveTier: "from the cache “{tier}”",
    livePlot: "Texts per second over the last {seconds} seconds, at most {most}",
    liveNote: "Read every two seconds while you see it.",
    liveFailed: "The metrics cannot be read: {message}",
    facts: "{model} · at most {most} tokens per text",
    footer: "Texts go to this server alone, and nothing is loaded from elsewhere. The browser keeps the language that you choose and, until the tab is closed, the key.",
    keyTitle: "This server asks for a key",
    keyRefused: "The server did not accept that key.",
    keyLabel: "API key",
    keyHint: "It stays in this tab until you close it.",
    keyUse: "Use the key",
    cancel: "Cancel",
    keyMissing: "The server wants an API key. Press “Compare” to enter it.",
    unreachable: "The server does not answer. Check that it runs, then press “Compare”.",
  },
  pt: {
    skip: "Ir para os resultados",
    language: "Idioma",
    model: "Modelo",
    inputTitle: "Quais destes textos dizem o mesmo?",
    lead: "O exemplo tem dezesseis nomes de quatro corridas em sete línguas. O modelo transforma cada texto em um vetor; textos de mesmo sentido recebem vetores que apontam para o mesmo lado. Cole seus próprios textos para compará-los.",
    textsLabel: "Textos, um por linha",
    compare: "Comparar",
    example: "Mostrar o exemplo",
    textsHint: "Ctrl+Enter também compara.",
    working: "O servidor está calculando…",
    waiting: "O servidor não pode responder agora; a página pergunta de novo a cada segundo. Ele diz: {message}",
    done: "{texts} textos, {tokens} {tokens|token|tokens}, {width} {width|componente|componentes} por vetor.",
    doneTime: "{texts} textos, {tokens} {tokens|token|tokens}, {width} {width|componente|componentes} por vetor; {time} ms no servidor.",
    tooFew: "Escreva pelo menos dois textos, um por linha.",
    tooMany: "A página compara no máximo {most} textos; as linhas seguintes ficam de fora. O comando “vetor dedupe” não tem esse limite.",
    heatTitle: "Similaridade de cada par",
    heatHint: "Aponte para um campo ou ande com as setas do teclado.",
    heatMost: "A tabela mostra os primeiros {most} textos.",
    heatField: "{a} – {b}: {value}",
    ordered: "Textos parecidos lado a lado",
    planeTitle: "Mapa dos sentidos",
    planeHint: "Pontos próximos têm sentidos parecidos; uma linha une duplicatas. O plano conserva {kept} das diferenças. As setas do teclado percorrem os pontos.",
    planePoint: "{text}: o mais próximo é {nearest} ({value})",
    duplicatesTitle: "Duplicatas",
    threshold: "O mesmo a partir desta similaridade",
    duplicatesCount: "{groups} {groups|grupo|grupos} de duplicatas; {alone} {alone|texto fica sozinho|textos ficam sozinhos}.",
    groupName: "Grupo {number}",
    pairsTitle: "Pares mais próximos",
    similarity: "Similaridade",
    firstText: "Texto",
    secondText: "Texto mais próximo",
    tokensTitle: "O que o modelo lê",
    tokensHint: "Cada campo é um token; os especiais têm borda tracejada. O modelo lê no máximo {most} tokens por texto. O que ele não lê está riscado.",
    tokensHintNoLimit: "Cada campo é um token; os especiais têm borda tracejada. O que o modelo não lê está riscado.",
    tokensMost: "Os tokens são mostrados para os primeiros {most} textos.",
    tokenCount: "{count} {count|token|tokens}",
    tokenCountCut: "{count} tokens, {cut} deles {cut|não lido|não lidos}",
    tokenSpecial: "token especial",
    tokenCut: "não lido",
    tokensFailed: "O servidor não deu os tokens: {message}",
    liveTitle: "O servidor agora",
    liveTexts: "textos por segundo",
    liveTokens: "tokens calculados por segundo",
    liveRequests: "pedidos por segundo",
    liveQueue: "pedidos à espera ou em curso",
    liveCache: "dos textos vieram do cache",
    liveTier: "do cache “{tier}”",
    livePlot: "Textos por segundo nos últimos {seconds} segundos, no máximo {most}",
    liveNote: "Lido a cada dois segundos enquanto você o vê.",
    liveFailed: "Não foi possível ler as métricas: {message}",
    facts: "{model} · no máximo {most} tokens por texto",
    footer: "Os textos vão somente para este servidor, e nada é carregado de outro lugar. O navegador guarda o idioma que você escolhe e, até a aba ser fechada, a chave.",
    keyTitle: "Este servidor pede uma chave",
    keyRefused: "O servidor não aceitou essa chave.",
    keyLabel: "Chave da API",
    keyHint: "Ela fica nesta aba até você fechá-la.",
    keyUse: "Usar a chave",
    cancel: "Cancelar",
    keyMissing: "O servidor quer uma chave da API. Aperte “Comparar” para informá-la.",
    unreachable: "O servidor não responde. Verifique se ele está no ar e aperte “Comparar”.",
  },
};

export const LANGUAGES = Object.keys(WORDS);

/** The keys of a language, for the test that compares them. */
export const wordKeys = (language) => Object.keys(WORDS[language]);

let current = "en";

/** The chosen language, else the browser's first that the page has, else English. */
export function startLanguage() {
  const wanted = [localStorage.getItem(LANGUAGE), ...navigator.languages].map((tag) => tag?.split("-")[0]);
  setLanguage(wanted.find((tag) => LANGUAGES.includes(tag)) ?? "en");
}

export function setLanguage(language) {
  current = language;
  document.documentElement.lang = language === "pt" ? "pt-BR" : language;
}

export function chooseLanguage(language) {
  localStorage.setItem(LANGUAGE, language);
  setLanguage(language);
}

export const language = () => current;

/** The words behind `key`, with {names} replaced by values; {name|text|texts} is the first word if the value is "1". */
export function say(key, values = {}) {
  return WORDS[current][key].replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (_, name, one, many) =>
    (one === undefined ? values[name] : String(values[name]) === "1" ? one : many));
}

export function number(value, digits = 0) {
  const locale = current === "pt" ? "pt-BR" : "en";
  return value.toLocaleString(locale, {minimumFractionDigits: digits, maximumFractionDigits: digits});
}

/** A similarity with two digits; with three where two would say 1 of what is not. */
export const similarity = (value) => number(value, value < 1 - 1e-6 && value >= 0.995 ? 3 : 2);

export const percent = (share) => `${number(100 * share)} %`;

/** Puts the words into all elements of the page that name theirs. */
export function applyWords() {
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = say(node.dataset.word);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
}
