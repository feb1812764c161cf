import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.http.client.jdk.JdkHttpClient;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * langchain4j over the JDK's HttpClient, which offers an upgrade to HTTP/2 with every request
 * (Upgrade: h2c): a server that obeys or stumbles loses the body.
 */
public final class LangChain4jClient {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double TOLERANCE = 1e-5;
  private static boolean failed = false;

  private interface Answer {
    void get() throws Exception;
  }

  private static void print(Map<String, String> line) throws Exception {
    System.out.println(JSON.writeValueAsString(line));
  }

  private static void check(String call, Answer answer) throws Exception {
    String why = "";
    try {
      answer.get();
    } catch (Exception error) {
      why = error.toString();
      failed = true;
    }
    print(Map.of("call", call, "why", why));
  }

  private static void sameVectors(List<Embedding> found, JsonNode expected) {
    if (found.size() != expected.size()) {
      throw new IllegalStateException("expected " + expected.size() + " rows, found " + found.size());
    }
    for (int at = 0; at < found.size(); at++) {
      float[] row = found.get(at).vector();
      if (row.length != expected.get(at).size()) {
        throw new IllegalStateException("row " + at + " has " + row.length + " components");
      }
      for (int i = 0; i < row.length; i++) {
        if (!(Math.abs(row[i] - expected.get(at).get(i).asDouble()) <= TOLERANCE)) {
          throw new IllegalStateException("row " + at + ", component " + i + ": " + row[i]);
        }
      }
    }
  }

  private static OpenAiEmbeddingModel model(JsonNode testCase, HttpClient.Version version) {
    return OpenAiEmbeddingModel.builder()
        .httpClientBuilder(JdkHttpClient.builder().httpClientBuilder(HttpClient.newBuilder().version(version)))
        .baseUrl(testCase.get("url").asText() + "/v1")
        .apiKey("unused")
        .modelName(testCase.get("model").asText())
        .maxRetries(0)
        .build();
  }

  public static void main(String[] arguments) throws Exception {
    JsonNode testCase = JSON.readTree(Files.readString(Path.of(System.getenv("VETOR_CLIENTS_CASE"))));
    List<TextSegment> texts = new ArrayList<>();
    JsonNode vectors = JSON.createArrayNode();
    for (int i = 0; i < testCase.get("texts").size(); i++) {
      String text = testCase.get("texts").get(i).asText();
      if (text.isEmpty()) continue; // TextSegment refuses it.
      texts.add(TextSegment.from(text));
      ((com.fasterxml.jackson.databind.node.ArrayNode) vectors).add(testCase.get("vectors").get(i));
    }
    print(Map.of("version", System.getProperty("langchain4j.version") + ", JDK " + System.getProperty("java.version")));
    OpenAiEmbeddingModel upgrading = model(testCase, HttpClient.Version.HTTP_2);
    check("texts, with Upgrade: h2c", () -> sameVectors(upgrading.embedAll(texts).content(), vectors));
    check("again on the same client", () -> sameVectors(upgrading.embedAll(texts).content(), vectors));
    check("texts over HTTP/1.1", () -> sameVectors(model(testCase, HttpClient.Version.HTTP_1_1).embedAll(texts).content(), vectors));
    System.exit(failed ? 1 : 0);
  }
}
