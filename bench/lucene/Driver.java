// Lucene Monitor as a peer of newswatch's rules engine (docs/performance.md).
//
//   java Driver DOCUMENTS RECENT LIMIT_S
//
// DOCUMENTS and RECENT have one document a line, tokens between spaces. The rarer a term is in RECENT, the greater is
// its weight. After a first line it answers each line of standard input with a line of JSON: "load FILE" takes other
// rules, one a line as nested lists; "round WAY" matches documents and tells the CPU seconds of the whole process (JIT
// compiler and garbage collector included); "matches WAY" tells the numbers of the rules that matched each document then.

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.Term;
import org.apache.lucene.monitor.HighlightsMatch;
import org.apache.lucene.monitor.MatcherFactory;
import org.apache.lucene.monitor.MatchingQueries;
import org.apache.lucene.monitor.Monitor;
import org.apache.lucene.monitor.MonitorQuery;
import org.apache.lucene.monitor.MultiMatchingQueries;
import org.apache.lucene.monitor.QueryMatch;
import org.apache.lucene.monitor.TermFilteredPresearcher;
import org.apache.lucene.monitor.TermWeightor;
import org.apache.lucene.queries.intervals.IntervalQuery;
import org.apache.lucene.queries.intervals.Intervals;
import org.apache.lucene.queries.intervals.IntervalsSource;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;

public final class Driver {
  private static final String FIELD = "text";
  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private final Document[] documents;
  private final TermWeightor rare;
  private final double limit;
  private final Map<String, List<List<String>>> found = new HashMap<>(); // in the last round of each way
  private Monitor monitor;

  private Driver(List<String> texts, List<String> recent, double limit) {
    BooleanQuery.setMaxClauseCount(100_000);
    this.limit = limit;
    documents = texts.stream().map(Driver::document).toArray(Document[]::new);
    Map<String, Integer> frequencies = new HashMap<>();
    for (String text : recent) {
      for (String token : new HashSet<>(Arrays.asList(text.split(" ")))) {
        frequencies.merge(token, 1, Integer::sum);
      }
    }
    rare = term -> 1.0 / (1 + frequencies.getOrDefault(term.text(), 0));
  }

  private String load(Path file) throws IOException {
    if (monitor != null) {
      monitor.close();
      monitor = null;
    }
    found.clear();
    List<String> rules = Files.readAllLines(file, StandardCharsets.UTF_8);
    double before = memory();
    double began = cpu();
    monitor =
        new Monitor(
            new WhitespaceAnalyzer(),
            new TermFilteredPresearcher(rare, Collections.emptyList(), Collections.emptySet()));
    List<MonitorQuery> queries = new ArrayList<>();
    for (int number = 0; number < rules.size(); number++) {
      queries.add(new MonitorQuery(Integer.toString(number), new Reader(rules.get(number)).query()));
    }
    monitor.register(queries);
    queries = null;
    double used = cpu() - began;
    return "{\"build_cpu_s\": " + used + ", \"memory_mb\": " + (memory() - before) + "}";
  }

  private static double memory() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return (runtime.totalMemory() - runtime.freeMemory()) / 1e6;
  }

  private static Document document(String text) {
    Document document = new Document();
    document.add(new TextField(FIELD, text, Field.Store.NO));
    return document;
  }

  private static double cpu() {
    return SYSTEM.getProcessCpuTime() / 1e9;
  }

  private List<String> match(String way, int number) throws IOException {
    return way.equals("with highlights")
        ? matched(documents[number], HighlightsMatch.MATCHER)
        : matched(documents[number], QueryMatch.SIMPLE_MATCHER);
  }

  private <T extends QueryMatch> List<String> matched(Document document, MatcherFactory<T> factory)
      throws IOException {
    MatchingQueries<T> found = monitor.match(document, factory);
    if (!found.getErrors().isEmpty()) {
      throw new IOException("a query failed: " + found.getErrors());
    }
    List<String> ids = new ArrayList<>();
    for (T match : found.getMatches()) {
      ids.add(match.getQueryId());
    }
    return ids;
  }

  private List<List<String>> batch() throws IOException {
    MultiMatchingQueries<QueryMatch> found = monitor.match(documents, QueryMatch.SIMPLE_MATCHER);
    List<List<String>> all = new ArrayList<>();
    for (int number = 0; number < documents.length; number++) {
      List<String> ids = new ArrayList<>();
      for (QueryMatch match : found.getMatches(number)) {
        ids.add(match.getQueryId());
      }
      all.add(ids);
    }
    return all;
  }

  /** Matches what a round of this kind has: all documents, or, the first time, as many as the limit allows. */
  private List<List<String>> all(String way) throws IOException {
    if (way.equals("english")) { // the first of each four documents
      List<List<String>> english = new ArrayList<>();
      for (int number = 0; number < documents.length; number += 4) {
        english.add(match(way, number));
      }
      return english;
    }
    if (way.equals("batch of 500")) {
      return batch();
    }
    List<List<String>> before = found.get(way);
    int most = before == null ? documents.length : before.size();
    double end = before == null ? cpu() + limit : Double.POSITIVE_INFINITY;
    List<List<String>> all = new ArrayList<>();
    while (all.size() < most && (all.size() % 4 != 0 || cpu() < end)) {
      all.add(match(way, all.size()));
    }
    return all;
  }

  private String answer(String line) throws IOException {
    String[] words = line.split(" ", 2);
    if (words[0].equals("load")) {
      return load(Path.of(words[1]));
    }
    if (words[0].equals("round")) {
      double began = cpu();
      List<List<String>> all = all(words[1]);
      double used = cpu() - began;
      found.put(words[1], all);
      return "{\"docs\": " + all.size() + ", \"cpu_s\": " + used + "}";
    }
    List<List<String>> all = found.get(words[1]);
    StringBuilder text = new StringBuilder("{\"matches\": [");
    for (int number = 0; number < all.size(); number++) {
      text.append(number == 0 ? "[" : ", [").append(String.join(", ", all.get(number))).append("]");
    }
    return text.append("]}").toString();
  }

  public static void main(String[] arguments) throws IOException {
    List<String> texts = Files.readAllLines(Path.of(arguments[0]), StandardCharsets.UTF_8);
    List<String> recent = Files.readAllLines(Path.of(arguments[1]), StandardCharsets.UTF_8);
    Driver driver = new Driver(texts, recent, Double.parseDouble(arguments[2]));
    System.out.println("{\"ready\": true}");
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      System.out.println(driver.answer(line));
    }
    if (driver.monitor != null) {
      driver.monitor.close();
    }
  }

  /** Reads (all A B), (any A B), (not A), (some 2 A B), (near 5 L R), (prefix "ab") and "phrases of tokens". */
  private static final class Reader {
    private final String text;
    private int at;

    Reader(String text) {
      this.text = text;
    }

    Query query() {
      if (text.charAt(at) == '"') {
        String[] tokens = string().split(" ");
        return tokens.length == 1 ? new TermQuery(new Term(FIELD, tokens[0])) : new PhraseQuery(FIELD, tokens);
      }
      at++;
      String name = word();
      BooleanQuery.Builder builder = new BooleanQuery.Builder();
      switch (name) {
        case "prefix":
          Query prefix = new PrefixQuery(new Term(FIELD, string()));
          at++;
          return prefix;
        case "near":
          return near(Integer.parseInt(word()));
        case "some":
          builder.setMinimumNumberShouldMatch(Integer.parseInt(word()));
          break;
        default:
          break;
      }
      while (text.charAt(at) != ')') {
        if (text.startsWith("(not ", at)) {
          at += 5;
          builder.add(query(), Occur.MUST_NOT);
          at++;
        } else {
          builder.add(query(), name.equals("all") ? Occur.MUST : Occur.SHOULD);
        }
        skip();
      }
      at++;
      return builder.build();
    }

    private Query near(int words) {
      IntervalsSource left = group();
      IntervalsSource right = group();
      at++;
      return new IntervalQuery(
          FIELD,
          Intervals.or(
              Intervals.maxgaps(words, Intervals.ordered(left, right)),
              Intervals.maxgaps(words, Intervals.ordered(right, left))));
    }

    private IntervalsSource group() {
      at += "(any ".length();
      List<IntervalsSource> terms = new ArrayList<>();
      while (text.charAt(at) != ')') {
        terms.add(Intervals.phrase(string().split(" ")));
        skip();
      }
      at++;
      skip();
      return Intervals.or(terms.toArray(new IntervalsSource[0]));
    }

    private String string() {
      int end = text.indexOf('"', at + 1);
      String found = text.substring(at + 1, end);
      at = end + 1;
      return found;
    }

    private String word() {
      int end = text.indexOf(' ', at);
      String found = text.substring(at, end);
      at = end + 1;
      return found;
    }

    private void skip() {
      while (at < text.length() && text.charAt(at) == ' ') {
        at++;
      }
    }
  }
}
