using System.Text.RegularExpressions;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What the documentation shows is what the tests run.</summary>
public partial class DocumentationTests
{
    [Theory(
        Skip = Sources.Elsewhere,
        SkipType = typeof(Sources),
        SkipUnless = nameof(Sources.AreHere)
    )]
    [InlineData("csharp", "tests/BitcoinSock.Unit", "*.cs")]
    [InlineData("fsharp", "tests/BitcoinSock.Properties.FSharp", "*.fs")]
    public void Every_example_is_part_of_a_test_word_for_word(
        string language,
        string folder,
        string files
    )
    {
        string[] tests = [.. Directory.GetFiles(Sources.Root + folder, files).Select(Flat)];
        string[] examples =
        [
            .. Directory
                .GetFiles(Sources.Root + "docs", "*.md")
                .Append(Sources.Root + "README.md")
                .SelectMany(page => Example().Matches(File.ReadAllText(page)))
                .Where(example => example.Groups["language"].Value == language)
                .Select(example => Squeezed(example.Groups["code"].Value)),
        ];
        Assert.NotEmpty(examples);
        Assert.All(
            examples,
            example =>
                Assert.Contains(tests, test => test.Contains(example, StringComparison.Ordinal))
        );
    }

    private static string Flat(string path) => Squeezed(File.ReadAllText(path));

    // Indentation and empty lines are not what an example is about.
    private static string Squeezed(string code) =>
        string.Join('\n', code.Split('\n').Select(line => line.Trim()).Where(line => line != ""));

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<code>.*?)^```$", Options)]
    private static partial Regex Example();

    private const RegexOptions Options = RegexOptions.Multiline | RegexOptions.Singleline;
}
