namespace Esn;

/// <summary>The order of a project's folders: a file uses its own folder and those below.</summary>
/// <param name="layers">
/// From top to bottom. Folders of one layer do not know each other; those joined by a plus are one room.
/// </param>
sealed class FolderOrder(params string[][] layers)
{
    /// <summary>What is against the order, as "A/X.cs uses B/Y (type)", and folders that have no place in it.</summary>
    public IReadOnlyList<string> Violations(SourceCode code)
    {
        string[] homeless =
            [.. code.Files.Where(file => Place(file).Layer < 0).Select(file => $"{file} lies in no folder of the order: give it a place")];
        IEnumerable<string> upwards =
            from use in code.Uses()
            let user = Place(use.File)
            let used = Place(use.Of)
            where user.Layer >= 0 && used.Layer >= 0 && user != used && used.Layer <= user.Layer
            select $"{use.File} uses {use.Of} ({use.Type})";
        return [.. homeless, .. upwards.Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>Folders of the order that are no more: the order would promise what nobody holds.</summary>
    public IReadOnlyList<string> Absent(SourceCode code)
    {
        HashSet<string> folders = [.. code.Files.Select(SourceCode.RoomOf)];
        return [.. layers.SelectMany(layer => layer).SelectMany(room => room.Split('+')).Where(folder => !folders.Contains(folder))];
    }

    /// <summary>Folders of the order that a page does not name.</summary>
    /// <param name="page">Such as docs/architecture.md, relative to the repository.</param>
    public IReadOnlyList<string> Unnamed(string page)
    {
        string text = File.ReadAllText(Path.Combine(SharedData.Root, page));
        return [.. layers.SelectMany(layer => layer).SelectMany(room => room.Split('+'))
            .Where(folder => folder != "." && !text.Contains($"{folder}/", StringComparison.Ordinal))];
    }

    (int Layer, string Room) Place(string file)
    {
        string folder = SourceCode.RoomOf(file);
        for (int layer = 0; layer < layers.Length; layer++)
            foreach (string room in layers[layer])
                if (room.Split('+').Contains(folder)) return (layer, room);
        return (-1, "");
    }
}
