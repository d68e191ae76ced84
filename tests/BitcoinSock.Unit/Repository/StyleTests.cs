using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What CONTRIBUTING.md asks of the sources, as far as a program can tell.</summary>
public partial class StyleTests
{
    private const int ColumnsMax = 100;
    private const int LinesMax = 300;

    private static readonly string[] Rooms =
    [
        "src",
        "models",
        "samples",
        "tests",
        "bench",
        "build",
        "docs",
    ];

    public static bool SourcesAreHere => Sources.AreHere;

    [Fact(Skip = Sources.Elsewhere, SkipUnless = nameof(SourcesAreHere))]
    public void Lines_end_in_LF_without_blanks_and_code_has_at_most_100_columns()
    {
        IEnumerable<string> wrong = Files(".cs", ".fs", ".md", ".sh", ".c", "proj", ".txt")
            .SelectMany(path =>
            {
                string text = Sources.Read(path);
                bool isCode = Path.GetExtension(path) is ".cs" or ".fs";
                return text.Split('\n')
                    .Select((line, index) => (Line: line, Place: $"{path}:{index + 1}"))
                    .Where(at =>
                        at.Line.EndsWith(' ')
                        || at.Line.Contains('\r')
                        || at.Line.Contains('\t')
                        || (isCode && at.Line.EnumerateRunes().Count() > ColumnsMax)
                    )
                    .Select(at => at.Place)
                    .Concat(text.EndsWith('\n') ? [] : [$"{path}: its last line does not end"]);
            });
        Assert.Empty(wrong);
    }

    [Fact(Skip = Sources.Elsewhere, SkipUnless = nameof(SourcesAreHere))]
    public void A_source_has_at_most_300_lines() =>
        Assert.DoesNotContain(
            Files(".cs", ".fs", ".sh", ".c")
                .Select(path => (path, Lines: Sources.Read(path).Count(c => c == '\n'))),
            file => file.Lines > LinesMax
        );

    [Fact(Skip = Sources.Elsewhere, SkipUnless = nameof(SourcesAreHere))]
    public void The_map_in_the_README_is_the_tree()
    {
        string section = Sources.Read("README.md").Split("## Where things are")[1].Split("\n## ")[
            0
        ];
        string[] map = [.. MapLine().Matches(section).Select(line => line.Groups[1].Value)];
        string[] tree =
        [
            .. Files("").Select(path => Path.GetDirectoryName(path)!.Replace('\\', '/')).Distinct(),
        ];
        Assert.Equal(tree.Order(StringComparer.Ordinal), map.Order(StringComparer.Ordinal));
    }

    [Fact(Skip = Sources.Elsewhere, SkipUnless = nameof(SourcesAreHere))]
    public void Every_public_member_has_a_user()
    {
        string users = string.Concat(
            Files(".cs", ".fs").Where(path => path.Split('/')[0] != "src").Select(Sources.Read)
        );
        IEnumerable<string> unused = typeof(Sock)
            .Assembly.GetExportedTypes()
            .SelectMany(type =>
                type.GetMembers(
                        BindingFlags.Public
                            | BindingFlags.Instance
                            | BindingFlags.Static
                            | BindingFlags.DeclaredOnly
                    )
                    .Where(member =>
                        member
                            is MethodInfo { IsSpecialName: false }
                                or PropertyInfo { Name: not "Item" }
                    )
                    .Where(member => !IsInherited(member))
                    .Select(member => (type, member.Name))
            )
            .Where(each => !Regex.IsMatch(users, $@"\b{Regex.Escape(each.Name)}\b"))
            .Select(each => $"{each.type.Name}.{each.Name}");
        Assert.Empty(unused);
    }

    // What records and structs get from the compiler, and what overrides the base library.
    private static bool IsInherited(MemberInfo member) =>
        member.Name is "Equals" or "GetHashCode" or "ToString" or "Deconstruct";

    // Of the rooms, without what a build leaves there, relative to the root, with slashes.
    private static IEnumerable<string> Files(params string[] endings) =>
        Rooms
            .SelectMany(room =>
                Directory.EnumerateFiles(Sources.Root + room, "*", SearchOption.AllDirectories)
            )
            .Select(path => Path.GetRelativePath(Sources.Root, path).Replace('\\', '/'))
            .Where(path => !BuildOutput().IsMatch(path))
            .Where(path => endings.Any(end => path.EndsWith(end, StringComparison.Ordinal)));

    [GeneratedRegex("/(bin|obj|data|StrykerOutput|BenchmarkDotNet.Artifacts|TestResults)/")]
    private static partial Regex BuildOutput();

    [GeneratedRegex(@"^    ([\w./]+)/ ", RegexOptions.Multiline)]
    private static partial Regex MapLine();
}
