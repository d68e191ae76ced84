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
        string[] tests =
        [
            .. Directory
                .GetFiles(Sources.Root + folder, files, SearchOption.AllDirectories)
                .Select(Flat),
        ];
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

    [Fact(
        Skip = Sources.Elsewhere,
        SkipType = typeof(Sources),
        SkipUnless = nameof(Sources.AreHere)
    )]
    public void Every_member_and_test_of_the_mapping_exists()
    {
        string[][] rows =
        [
            .. Sources
                .Read("docs/core-mapping.md")
                .Split('\n')
                .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
                .Select(line => line.Trim('|').Split('|'))
                .Where(cells => cells[2].Trim() != "here"),
        ];
        Assert.NotEmpty(rows);
        Assert.All(rows, cells => Assert.Equal(4, cells.Length));
        Assert.All(rows, cells => Assert.All(Names(cells[2]), name => Exists(name, typeof(Sock))));
        Assert.All(rows, cells => Assert.All(Names(cells[3]), name => Exists(name, GetType())));

        static IEnumerable<string> Names(string cell)
        {
            string[] names = [.. Code().Matches(cell).Select(match => match.Groups[1].Value)];
            Assert.NotEmpty(names);
            return names;
        }

        // "Sock", "Sock.Send" or "Sock(CSocket)", of the namespace of a type beside it.
        static void Exists(string name, Type beside)
        {
            string[] parts = name.Split('(')[0].Split('.');
            Type? type = beside.Assembly.GetType($"{beside.Namespace}.{parts[0]}");
            Assert.True(type is not null, $"there is no type {parts[0]}");
            string member = parts.Length > 1 ? parts[1] : ".ctor";
            bool isType = parts.Length == 1 && !name.Contains('(', StringComparison.Ordinal);
            Assert.True(isType || type.GetMember(member).Length > 0, $"there is no {name}");
        }
    }

    private static string Flat(string path) => Squeezed(File.ReadAllText(path));

    // Indentation and empty lines are not what an example is about.
    private static string Squeezed(string code) =>
        string.Join('\n', code.Split('\n').Select(line => line.Trim()).Where(line => line != ""));

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<code>.*?)^```$", Options)]
    private static partial Regex Example();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    private const RegexOptions Options = RegexOptions.Multiline | RegexOptions.Singleline;
}
