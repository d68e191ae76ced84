using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.FSharp.Core;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>
/// What others compile against is written down beside each package, a line for each member, so that
/// a change of it is seen in review. To accept one: <c>BITCOINSOCK_ACCEPT=1 dotnet test</c>.
/// </summary>
public class PublicSurfaceTests
{
    [Theory(
        Skip = Sources.Elsewhere,
        SkipType = typeof(Sources),
        SkipUnless = nameof(Sources.AreHere)
    )]
    [InlineData(typeof(Sock), "src/BitcoinSock/PublicSurface.txt")]
    [InlineData(typeof(Model.Conformance), "models/BitcoinSock.Model/PublicSurface.txt")]
    public void The_public_surface_is_the_one_that_is_written_down(Type type, string path)
    {
        string[] surface =
        [
            .. type
                .Assembly.GetExportedTypes()
                .OrderBy(exported => exported.FullName, StringComparer.Ordinal)
                .SelectMany(Lines),
        ];
        if (Environment.GetEnvironmentVariable("BITCOINSOCK_ACCEPT") == "1")
        {
            File.WriteAllText(Sources.Root + path, string.Join('\n', surface) + "\n");
        }

        string[] written = Sources.Read(path).TrimEnd().Split('\n');
        Assert.Empty(surface.Except(written).Select(line => "not written down: " + line));
        Assert.Empty(written.Except(surface).Select(line => "gone: " + line));
        Assert.Equal(written, surface);
    }

    private static IEnumerable<string> Lines(Type type)
    {
        // Equality and the like come with every record and union.
        IEnumerable<string> above = type.GetInterfaces()
            .Where(each => each.IsVisible && each.Namespace != "System.Collections")
            .Select(Name)
            .Where(name => name.Split('<')[0] is not ("IEquatable" or "IComparable"))
            .Order(StringComparer.Ordinal);
        if (type.BaseType is { } parent && parent != typeof(object))
        {
            above = above.Prepend(Name(parent));
        }

        IEnumerable<string> members = type.GetMembers(Declared)
            .Where(IsForOthers)
            .Select(Line)
            .Order(StringComparer.Ordinal);
        return members
            .Select(line => $"{type.FullName}  {line}")
            .Prepend($"{type.FullName} : {string.Join(", ", above)}".TrimEnd(' ', ':'));
    }

    private const BindingFlags Declared =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Instance
        | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    // What a compiler adds is left out, but for the constructors of an F# union's cases.
    private static bool IsForOthers(MemberInfo member)
    {
        bool isAdded =
            member.IsDefined(typeof(CompilerGeneratedAttribute))
            && !member.IsDefined(typeof(CompilationMappingAttribute));
        return !isAdded
            && member switch
            {
                MethodBase method => IsReachable(method) && !IsAccessor(method),
                PropertyInfo property => property.GetAccessors(true).Any(IsReachable),
                FieldInfo field => field.IsPublic && !field.IsSpecialName,
                EventInfo => throw new NotSupportedException("no event is public"),
                _ => false, // types are in the list
            };
    }

    private static bool IsReachable(MethodBase method) =>
        method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsAccessor(MethodBase method) =>
        method.IsSpecialName && method.Name is ['g' or 's', 'e', 't', '_', ..];

    private static string Line(MemberInfo member) =>
        member switch
        {
            MethodInfo method => $"{Static(method)}{Name(method.ReturnType)} "
                + $"{method.Name}{Generic(method)}({Parameters(method.GetParameters())})",
            ConstructorInfo constructor => $"new({Parameters(constructor.GetParameters())})",
            PropertyInfo property => Static(property.GetAccessors(true)[0])
                + $"{Name(property.PropertyType)} {property.Name}"
                + $" {{{Accessors(property)} }}",
            FieldInfo { IsLiteral: true } field => $"{field.Name} = {field.GetRawConstantValue()}",
            FieldInfo field => $"{Name(field.FieldType)} {field.Name}",
            _ => throw new ArgumentException(member.ToString(), nameof(member)),
        };

    private static string Static(MethodBase method) => method.IsStatic ? "static " : "";

    private static string Accessors(PropertyInfo property) =>
        string.Concat(
            property
                .GetAccessors(true)
                .Where(IsReachable)
                .Select(accessor => " " + accessor.Name.Split('_')[0] + ";")
        );

    private static string Generic(MethodInfo method) =>
        !method.IsGenericMethod
            ? ""
            : "<"
                + string.Join(
                    ", ",
                    method
                        .GetGenericArguments()
                        .Select(type =>
                            $"{type.Name}: "
                            + string.Join("+", type.GetGenericParameterConstraints().Select(Name))
                        )
                )
                + ">";

    private static string Parameters(ParameterInfo[] parameters) =>
        string.Join(
            ", ",
            parameters.Select(parameter =>
                (parameter.IsOut ? "out " : "")
                + $"{Name(parameter.ParameterType)} {parameter.Name}"
                + (parameter.HasDefaultValue ? $" = {parameter.RawDefaultValue ?? "default"}" : "")
            )
        );

    // Without the namespaces everybody knows, and without the arity that the arguments tell.
    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!);
        }

        string name = type.IsGenericParameter ? type.Name : (type.FullName ?? type.Name);
        name = type.Namespace is "System" or "BitcoinSock" ? type.Name : name.Split('[')[0];
        return type.IsGenericType
            ? $"{name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
            : name;
    }
}
